//! The trace of a failure, told to whoever may report it.

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Names the trace in headers or trailers that tell of a failure on our side (`INTERNAL`, `UNKNOWN`) and name none yet: as
/// `google.rpc.RequestInfo`, whose `request_id` it is. `trace_id` is asked only then. All other answers stay as they are:
/// two refusals for one reason are the same bytes.
pub fn name_trace(headers: &mut HeaderMap, trace_id: impl FnOnce() -> Option<String>) {
    let code = headers.get(Status::GRPC_STATUS);
    let code = code.map(|code| Code::from_bytes(code.as_bytes()));
    if !matches!(code, Some(Code::Internal | Code::Unknown)) {
        return;
    }
    let Some(status) = Status::from_header_map(headers) else {
        return;
    };
    let mut details = status.get_error_details();
    if details.request_info().is_some() {
        return;
    }
    if let Some(trace_id) = trace_id() {
        details.set_request_info(trace_id, "");
        let told = Status::with_error_details(status.code(), status.message(), details);
        // Text and details of a status are always valid header values.
        let _ = told.add_header(headers);
    }
}

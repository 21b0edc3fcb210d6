//! The trace of a failure, told to whoever may report it.

use http::HeaderMap;
use tonic::Code;

use crate::retold::retell;

/// Names the trace in headers or trailers that tell of a failure on our side (`INTERNAL`, `UNKNOWN`) and name none yet: as
/// `google.rpc.RequestInfo`, whose `request_id` it is. `trace_id` is asked only then. All other answers stay as they are:
/// two refusals for one reason are the same bytes.
pub fn name_trace(headers: &mut HeaderMap, trace_id: impl FnOnce() -> Option<String>) {
    retell(headers, &[Code::Internal, Code::Unknown], |_, details| {
        if details.request_info().is_some() {
            return None;
        }
        details.set_request_info(trace_id()?, "");
        Some(())
    });
}

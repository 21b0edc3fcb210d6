//! How to reach those who run the suite, told to whoever they can help.

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{DOMAIN, reason_of};

/// What programs read it by, in the metadata of a refusal.
const KEY: &str = "support";

/// Says in headers or trailers how to reach those who run the suite, when they tell of a refusal that often only those can help with
/// ([`is_helped_by_staff`](muster_proto::error::v1::ErrorReason::is_helped_by_staff)). All other answers stay as they are, and all of them when `support` is empty.
pub fn name_support(headers: &mut HeaderMap, support: &str) {
    let code = headers.get(Status::GRPC_STATUS);
    let code = code.map(|code| Code::from_bytes(code.as_bytes()));
    let may_be = matches!(
        code,
        Some(Code::FailedPrecondition | Code::AlreadyExists | Code::ResourceExhausted)
    );
    if support.is_empty() || !may_be {
        return;
    }
    let Some(status) = Status::from_header_map(headers) else {
        return;
    };
    if !reason_of(&status).is_some_and(|reason| reason.is_helped_by_staff()) {
        return;
    }
    let mut details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return;
    };
    let (reason, mut metadata) = (info.reason.clone(), info.metadata.clone());
    metadata.insert(KEY.to_owned(), support.to_owned());
    details.set_error_info(reason, DOMAIN, metadata);
    let told = Status::with_error_details(status.code(), status.message(), details);
    // Text and details of a status are always valid header values.
    let _ = told.add_header(headers);
}

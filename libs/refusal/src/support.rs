//! How to reach those who run the suite, told to whoever they can help.

use http::HeaderMap;
use tonic::Code;

use crate::retold::retell;
use crate::{DOMAIN, reason_of};

/// The codes of the reasons with which they can help.
const CODES: [Code; 3] = [
    Code::FailedPrecondition,
    Code::AlreadyExists,
    Code::ResourceExhausted,
];

/// What programs read it by, in the metadata of a refusal.
const KEY: &str = "support";

/// Says in headers or trailers how to reach those who run the suite, when they tell of a refusal that often only those can help with
/// ([`is_helped_by_staff`](muster_proto::error::v1::ErrorReason::is_helped_by_staff)). All other answers stay as they are, and all of them when `support` is empty.
pub fn name_support(headers: &mut HeaderMap, support: &str) {
    if support.is_empty() {
        return;
    }
    retell(headers, &CODES, |status, details| {
        reason_of(status).filter(|reason| reason.is_helped_by_staff())?;
        let info = details.error_info()?;
        let (reason, mut metadata) = (info.reason.clone(), info.metadata.clone());
        metadata.insert(KEY.to_owned(), support.to_owned());
        details.set_error_info(reason, DOMAIN, metadata);
        Some(())
    });
}

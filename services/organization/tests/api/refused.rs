//! What a refusal says.

use std::fmt::Debug;

use muster_refusal::{ErrorReason, fields_of, reason_of};
use tonic::{Response, Status};
use tonic_types::StatusExt;

/// The status of a call that must have been refused for this reason.
#[track_caller]
pub(crate) fn refused<T: Debug>(answer: Result<T, Status>, reason: ErrorReason) -> Status {
    let status = answer.unwrap_err();
    assert_eq!(reason_of(&status), Some(reason), "{status:?}");
    status
}

/// The fields that the call was refused for.
#[track_caller]
pub(crate) fn fields<T: Debug>(answer: Result<Response<T>, Status>, reason: ErrorReason) -> Vec<String> {
    fields_of(&refused(answer, reason))
}

/// A fact of the refusal that programs may read.
pub(crate) fn fact(status: &Status, key: &str) -> Option<String> {
    status.get_details_error_info()?.metadata.get(key).cloned()
}

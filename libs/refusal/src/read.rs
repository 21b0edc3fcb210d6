//! Reading a refusal back: for clients, pages and tests.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason;
use tonic::Status;
use tonic_types::StatusExt;

use crate::DOMAIN;

/// The reason of a status that the suite sent; `None` for a status from somebody else.
pub fn reason_of(status: &Status) -> Option<ErrorReason> {
    let info = status
        .get_details_error_info()
        .filter(|info| info.domain == DOMAIN)?;
    ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason))
}

/// The field violations of a status: field and description.
pub fn violations_of(status: &Status) -> Vec<(String, String)> {
    status.get_details_bad_request().map_or_else(Vec::new, |bad| {
        bad.field_violations
            .into_iter()
            .map(|violation| (violation.field, violation.description))
            .collect()
    })
}

/// The fields that a status has violations of, in their order.
pub fn fields_of(status: &Status) -> Vec<String> {
    let violations = violations_of(status).into_iter();
    violations.map(|(field, _)| field).collect()
}

/// The id of the trace that a status of ours names: of what broke on our side.
pub fn trace_of(status: &Status) -> Option<String> {
    status.get_details_request_info().map(|info| info.request_id)
}

/// When a status says to come back.
pub fn retry_after_of(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// Used and limit of a status that tells of a quota.
pub fn quota_of(status: &Status) -> Option<(i64, i64)> {
    let metadata = status.get_details_error_info()?.metadata;
    Some((
        metadata.get("used")?.parse().ok()?,
        metadata.get("limit")?.parse().ok()?,
    ))
}

//! What the comment of a reason promises besides the reason: the same wherever it is given.

use muster_refusal::{ErrorReason as R, quota_of, violations_of};
use tonic::Status;
use tonic_types::StatusExt;

/// Whether everything is there.
///
/// # Errors
/// What is missing.
pub(super) fn kept(reason: R, status: &Status) -> Result<(), String> {
    match reason {
        R::InvalidRequest | R::GroupUnknown | R::TrainingNotInCatalog if violations_of(status).is_empty() => {
            Err("no field is named".to_owned())
        }
        R::PlanLimitExceeded
        | R::TooManyInvitations
        | R::TooManyGroups
        | R::TooManyLocations
        | R::TooManyAccessRequests
        | R::TooManyJoinPageSlugs
        | R::TooManyRejections
        | R::ImportTooLarge => quota(status),
        R::RateLimited | R::Overloaded => status
            .get_details_retry_info()
            .and_then(|info| info.retry_delay)
            .map(drop)
            .ok_or_else(|| "it does not say when to come back".to_owned()),
        R::OrganizationState
        | R::ImportState
        | R::EmploymentState
        | R::AccessRequestState
        | R::OwnershipOfferState => metadata(status, "state"),
        R::SuccessorCannotAct => metadata(status, "missing"),
        R::AccessRequestDenied => metadata(status, "retry_time"),
        R::LicenseNumberTaken => metadata(status, "organization_number"),
        R::ProgrammeRowsMissing => metadata(status, "next_row"),
        _ => Ok(()),
    }
}

fn quota(status: &Status) -> Result<(), String> {
    let failure = status
        .get_details_quota_failure()
        .filter(|failure| !failure.violations.is_empty());
    match (failure, quota_of(status)) {
        (Some(_), Some(_)) => Ok(()),
        _ => Err("used and limit are not named".to_owned()),
    }
}

fn metadata(status: &Status, key: &str) -> Result<(), String> {
    let value = fact(status, key);
    if value.is_some_and(|value| !value.is_empty()) {
        Ok(())
    } else {
        Err(format!("metadata {key} is missing"))
    }
}

/// What `ErrorInfo.metadata` says.
pub(super) fn fact(status: &Status, key: &str) -> Option<String> {
    status.get_details_error_info()?.metadata.remove(key)
}

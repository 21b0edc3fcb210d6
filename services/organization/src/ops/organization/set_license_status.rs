//! Registry staff write down how the license of a profile stands with its authority.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use crate::context::Context;
use crate::domain::{LicenseStatus, Organization, StaffAction};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::{organization, staff_act};

/// Writes it down, and the act into the audit; what is written already is answered as it is.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OwnProfile`], [`Error::ProgrammeReadOnly`], [`Error::NoLicense`], [`Error::OrganizationState`]; the
/// database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
    status: LicenseStatus,
) -> Result<Organization, Error> {
    let found = organization::lock(tx, decision.organization).await?;
    let found = found.ok_or(Failure::NotFound)?;
    require_not_own(tx, &found, decision.by).await?;
    if found.programme.is_some() {
        return Err(Error::ProgrammeReadOnly);
    }
    let has_license = found.licensing.license().is_some();
    match found.with_license_status(status) {
        Transition::Changed(_) if !has_license => Err(Error::NoLicense),
        Transition::Changed(changed) => {
            let act = decision.act(context, StaffAction::SetLicenseStatus);
            staff_act::insert(tx, &act).await?;
            organization::update(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}

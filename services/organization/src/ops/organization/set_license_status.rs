//! Registry staff write down how the license of a profile stands with its authority.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use crate::context::Context;
use crate::domain::{LicenseNumber, LicenseStatus, Organization, StaffAction};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::{organization, staff_act};

/// How a license stands.
pub(crate) struct Standing {
    pub(crate) status: LicenseStatus,
    /// Of which number; `None`: of whichever the profile has.
    pub(crate) number: Option<LicenseNumber>,
}

/// Writes it down, and the act into the audit; what is written already is answered as it is.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OwnProfile`], [`Error::ProgrammeReadOnly`], [`Error::NoLicense`], [`Error::OrganizationState`],
/// [`Error::LicenseNumberNotCurrent`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
    standing: Standing,
) -> Result<Organization, Error> {
    let found = organization::lock(tx, decision.organization).await?;
    let found = found.ok_or(Failure::NotFound)?;
    require_not_own(tx, &found, decision.by).await?;
    if found.programme.is_some() {
        return Err(Error::ProgrammeReadOnly);
    }
    let Standing { status, number } = standing;
    let license = found.licensing.license().cloned();
    let is_meant = number.is_none_or(|number| {
        license
            .as_ref()
            .is_some_and(|license| license.is_numbered(&number, &context.license_rules))
    });
    match found.with_license_status(status) {
        Transition::Changed(_) if license.is_none() => Err(Error::NoLicense),
        Transition::Changed(_) | Transition::AlreadyDone(_) if !is_meant => {
            Err(Error::LicenseNumberNotCurrent(license))
        }
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

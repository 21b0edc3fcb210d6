//! Who may have a license number: several may wait with it, one is approved.

use muster_ids::OrganizationId;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::{Organization, ReturnReason, StaffAct, StaffAction};
use crate::error::Error;
use crate::store::{organization, staff_act};
use muster_clock::Clock;
use muster_states::Transition;

/// Locks a profile together with its license number, if it has one: others who hand in or approve with that number wait.
pub(super) async fn lock(tx: &mut PgConnection, id: OrganizationId) -> Result<Organization, Error> {
    let seen = organization::find(tx, id).await?.ok_or(Failure::NotFound)?;
    if let Some(license) = seen.licensing.license() {
        organization::lock_license(tx, license).await?;
    }
    let locked = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    if locked.licensing == seen.licensing {
        Ok(locked)
    } else {
        // It was corrected between the two looks: the lock is of another number.
        Err(Failure::Contended.into())
    }
}

/// Refuses when another profile that was approved holds the number. A start-up has none that anybody could hold.
pub(super) async fn require_free(tx: &mut PgConnection, profile: &Organization) -> Result<(), Error> {
    let Some(license) = profile.licensing.license() else {
        return Ok(());
    };
    match organization::find_license_holder(tx, profile.id, license).await? {
        Some(holder) => Err(Error::LicenseNumberTaken(holder)),
        None => Ok(()),
    }
}

/// Gives back the others that wait with the number of a profile that is approved by `act`, and says in the audit of each why.
pub(super) async fn return_rivals(
    tx: &mut PgConnection,
    clock: &Clock,
    approved: &Organization,
    act: &StaffAct,
) -> Result<(), Error> {
    let Some(license) = approved.licensing.license() else {
        return Ok(());
    };
    for rival in organization::lock_rivals(tx, approved.id, license).await? {
        if let Transition::Changed(returned) = rival.give_back(vec![ReturnReason::LicenseNumberTaken]) {
            let act = StaffAct {
                organization: returned.id,
                id: clock.new_uuid(),
                action: StaffAction::ReturnOrganization,
                ..act.clone()
            };
            staff_act::insert(tx, &act).await?;
            organization::update(tx, &returned).await?;
        }
    }
    Ok(())
}

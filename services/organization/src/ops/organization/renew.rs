//! Registry staff give an approved profile the new license number of its site.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use super::license;
use crate::context::Context;
use crate::domain::{LicenseNumber, Organization, StaffAction};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::organization::{self, LICENSE_TAKEN, PROGRAMME_CLAIMED};
use crate::store::{license_number, programme, staff_act};

/// Renews it; others that wait with the new number are given back.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
    number: LicenseNumber,
) -> Result<Organization, Error> {
    let now = context.clock.now();
    let seen = organization::find(tx, decision.organization).await?;
    let seen = seen.ok_or(Failure::NotFound)?;
    // Before the row of the profile, as by all who hand in or approve with that number.
    let wanted = seen
        .license
        .changed(None, Some(number.clone()), &context.license_rules)?;
    organization::lock_license(tx, &wanted).await?;
    let found = organization::lock(tx, decision.organization).await?;
    let found = found.ok_or(Failure::NotFound)?;
    require_not_own(tx, &found, decision.by).await?;
    let mut renewed = match found.renew(number, &context.license_rules)? {
        Transition::Changed(renewed) if renewed.license.authority() == wanted.authority() => renewed,
        // It was corrected between the two looks: the lock is of another number.
        Transition::Changed(_) => return Err(Failure::Contended.into()),
        Transition::AlreadyDone(same) => return Ok(same),
        Transition::Refused(state) => return Err(Error::OrganizationState(state)),
    };
    license::require_free(tx, &renewed).await?;
    if renewed.programme.is_some() {
        renewed.programme = programme::find_unclaimed(tx, &renewed.license).await?;
    }
    let act = decision.act(context, StaffAction::RenewLicense);
    staff_act::insert(tx, &act).await?;
    organization::update(tx, &renewed).await.map_err(contended)?;
    license_number::begin(tx, &renewed, now).await?;
    license::return_rivals(tx, &context.clock, &renewed, &act).await?;
    Ok(renewed)
}

/// Whoever has the number or the programme by now was not there a moment ago.
fn contended(error: muster_database::DatabaseError) -> Error {
    match error.constraint() {
        Some(LICENSE_TAKEN | PROGRAMME_CLAIMED) => Failure::Contended.into(),
        _ => error.into(),
    }
}

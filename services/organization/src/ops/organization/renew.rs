//! Registry staff give an approved profile the new license number of its site, or its first one.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use super::license;
use crate::context::Context;
use crate::domain::{Organization, Renewal, StaffAction};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::organization::{self, LICENSE_TAKEN, PROGRAMME_CLAIMED};
use crate::store::{license_number, programme, staff_act};

/// Renews it; others that wait with the new number are given back.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
    renewal: Renewal,
) -> Result<Organization, Error> {
    let now = context.clock.now();
    let seen = organization::find(tx, decision.organization).await?;
    let seen = seen.ok_or(Failure::NotFound)?;
    // Before the row of the profile, as by all who hand in or approve with that number.
    let Renewal { number, kind } = renewal.clone();
    let (_, wanted) = seen.licensing.renewed(kind, number, &context.license_rules)?;
    organization::lock_license(tx, &wanted).await?;
    let found = organization::lock(tx, decision.organization).await?;
    let found = found.ok_or(Failure::NotFound)?;
    require_not_own(tx, &found, decision.by).await?;
    let former = found.licensing.license().map(|held| held.normalized().to_owned());
    let mut renewed = match found.renew(renewal, &context.license_rules)? {
        Transition::Changed(renewed) if renewed.licensing.license() == Some(&wanted) => renewed,
        // It was corrected between the two looks: the lock is of another number.
        Transition::Changed(_) => return Err(Failure::Contended.into()),
        Transition::AlreadyDone(same) => return Ok(same),
        Transition::Refused(state) => return Err(Error::OrganizationState(state)),
    };
    let is_new_number = former.as_deref() != Some(wanted.normalized());
    license::require_free(tx, &renewed).await?;
    if renewed.programme.is_some() {
        if !is_new_number {
            // What the license is for, its authority tells.
            return Err(Error::ProgrammeReadOnly);
        }
        renewed.programme = programme::find_unclaimed(tx, &wanted).await?;
        // Where the site of another number is, nobody has said.
        renewed.address = None;
    }
    let act = decision.act(context, StaffAction::RenewLicense);
    staff_act::insert(tx, &act).await?;
    organization::update(tx, &renewed).await.map_err(contended)?;
    if is_new_number {
        license_number::begin(tx, renewed.id, &wanted, now).await?;
    }
    license::return_rivals(tx, &context.clock, &renewed, &act).await?;
    // With how the license of its programme stands, if it has one, and where that is.
    Ok(organization::find(tx, renewed.id)
        .await?
        .ok_or(Failure::NotFound)?)
}

/// Whoever has the number or the programme by now was not there a moment ago.
fn contended(error: muster_database::DatabaseError) -> Error {
    match error.constraint() {
        Some(LICENSE_TAKEN | PROGRAMME_CLAIMED) => Failure::Contended.into(),
        _ => error.into(),
    }
}

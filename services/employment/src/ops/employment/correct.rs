//! A person hands a rejected claim in again.

use sqlx::PgConnection;

use super::asked::{self, Asked};
use super::change::settle_open;
use super::days;
use super::own_employment::{self, OwnEmployment};
use crate::context::Context;
use crate::domain::{Employment, EmploymentState};
use crate::error::Error;
use crate::ops::closing;
use crate::ops::verification_notice::ask;
use crate::store::employment;

/// Asks who licenses the organization, and who can verify it and is to hear that it waits again.
///
/// # Errors
/// Of a peer.
pub(crate) async fn prepare(context: &Context, own: &OwnEmployment) -> Result<Asked, Error> {
    let organization = own.employment.organization;
    Ok(Asked {
        authority: asked::authority(context, organization).await?,
        verifiers: context.peers.verifiers(organization, own.person).await?,
    })
}

/// Hands it in again, and publishes that; one that waits already is answered as it is.
///
/// # Errors
/// [`Error::TooManyRejections`]; [`Error::Superseded`] while another employment of the person is open there, [`Error::DaysTaken`] where one
/// that has ended covers days of it; [`Error::OrganizationClosed`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    own: OwnEmployment,
    asked: &Asked,
) -> Result<Employment, Error> {
    employment::lock_claimant(tx, own.person).await?;
    let is_open = closing::refuse(tx, own.employment.organization).await;
    let found = own_employment::lock(tx, &own).await?;
    is_open?;
    let now = context.clock.now();
    let begins_to_wait = found.state == EmploymentState::Rejected;
    let corrected = settle_open(tx, context, found.correct(now), own.actor, now).await?;
    if begins_to_wait {
        days::refuse(tx, context, &asked.authority, &corrected).await?;
        ask::apply(tx, context, &corrected, &asked.verifiers).await?;
    }
    Ok(corrected)
}

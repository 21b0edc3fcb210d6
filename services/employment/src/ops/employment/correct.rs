//! A person hands a rejected claim in again.

use std::collections::BTreeSet;

use muster_ids::PersonId;
use sqlx::PgConnection;

use super::change::settle_open;
use super::own_employment::{self, OwnEmployment};
use crate::context::Context;
use crate::domain::{Employment, EmploymentState};
use crate::error::Error;
use crate::ops::closing;
use crate::ops::verification_notice::ask;

/// Asks who can verify it, and is to hear that it waits again.
///
/// # Errors
/// Of a peer.
pub(crate) async fn prepare(context: &Context, own: &OwnEmployment) -> Result<BTreeSet<PersonId>, Error> {
    context
        .peers
        .verifiers(own.employment.organization, own.person)
        .await
}

/// Hands it in again, and publishes that; one that waits already is answered as it is.
///
/// # Errors
/// [`Error::TooManyRejections`]; [`Error::Superseded`] while another employment of the person is open there; [`Error::OrganizationClosed`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    own: OwnEmployment,
    verifiers: &BTreeSet<PersonId>,
) -> Result<Employment, Error> {
    let is_open = closing::refuse(tx, own.employment.organization).await;
    let found = own_employment::lock(tx, &own).await?;
    is_open?;
    let now = context.clock.now();
    let begins_to_wait = found.state == EmploymentState::Rejected;
    let corrected = settle_open(tx, context, found.correct(now), own.actor, now).await?;
    if begins_to_wait {
        ask::apply(tx, context, &corrected, verifiers).await?;
    }
    Ok(corrected)
}

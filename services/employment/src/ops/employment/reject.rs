//! An administrator rejects a claim.

use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::change::settle;
use super::{access, owner};
use crate::context::Context;
use crate::domain::{Employment, Rejection, RejectionReason};
use crate::error::Error;
use crate::store::employment;

/// Which claim, why, and who rejects it.
#[derive(Debug, Clone)]
pub(crate) struct Rejecting {
    pub(crate) employment: EmploymentName,
    pub(crate) reason: RejectionReason,
    pub(crate) comment: String,
    pub(crate) by: PersonId,
    /// The same person, as events name them.
    pub(crate) actor: String,
}

/// Asks whether the person owns the organization, or has access to it by this employment.
pub(crate) async fn prepare(context: &Context, rejecting: &Rejecting) -> Result<(), Error> {
    let found = owner::spare(context, rejecting.employment, None).await?;
    access::spare(context, &found, rejecting.by).await
}

/// Rejects it, and publishes that; one that is rejected already is answered with its first reason.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    rejecting: Rejecting,
) -> Result<Employment, Error> {
    let time = context.clock.now();
    let Rejecting {
        employment: name,
        reason,
        comment,
        by,
        actor,
    } = rejecting;
    let found = employment::lock(tx, name).await?;
    let rejected = found.ok_or(Failure::NotFound)?.reject(Rejection {
        reason,
        comment,
        by,
        time,
    });
    settle(tx, context, rejected, actor, time).await
}

//! Employing a person, or adding to the employment that they have.

use muster_database::{DatabaseError, Insertion};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{Employment, EmploymentState, Hiring};
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::employment;

/// Each loser of a race finds the winner's row at its next look; more looks mean that rows open and close meanwhile.
const MAX_ATTEMPTS: usize = 3;
/// Employments follow from events: nobody asked this service by a call.
const ACTOR: &str = "service:employment";

/// The open employment takes the hiring in, or a new one begins. What is verified afterwards is published, also when it
/// only gained groups.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    hiring: &Hiring,
) -> Result<Employment, Error> {
    let now = context.clock.now();
    for _ in 0..MAX_ATTEMPTS {
        if let Some(open) = employment::lock_open(tx, hiring.organization, hiring.person).await? {
            return join(tx, context, open, hiring, now).await;
        }
        let new = begin(tx, context, hiring, now).await?;
        if employment::insert(tx, &new).await? == Insertion::Stored {
            publish(tx, context, &new, now).await?;
            return Ok(new);
        }
    }
    Err(Failure::Contended.into())
}

async fn join(
    tx: &mut PgConnection,
    context: &Context,
    open: Employment,
    hiring: &Hiring,
    now: OffsetDateTime,
) -> Result<Employment, Error> {
    match open.join(hiring, now) {
        Transition::Changed(changed) => {
            employment::update(tx, &changed, now).await?;
            publish(tx, context, &changed, now).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(open) => Ok(open),
        Transition::Refused(never) => match never {},
    }
}

async fn begin(
    tx: &mut PgConnection,
    context: &Context,
    hiring: &Hiring,
    now: OffsetDateTime,
) -> Result<Employment, DatabaseError> {
    let former = employment::find_latest(tx, hiring.organization, hiring.person).await?;
    let former_version = former.map_or(0, |former| former.version);
    Ok(Employment::begin(
        context.clock.new_id(),
        hiring,
        former_version,
        now,
    ))
}

async fn publish(
    tx: &mut PgConnection,
    context: &Context,
    employment: &Employment,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    if employment.state != EmploymentState::Verified {
        return Ok(());
    }
    let actor = ACTOR.to_owned();
    events::verified(tx, context.clock.new_id(), employment, Act { actor, time: now }).await
}

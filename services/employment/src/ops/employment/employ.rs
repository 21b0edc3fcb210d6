//! Employing a person, or adding to the employment that they have.

use muster_database::{DatabaseError, Insertion};
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::change::settle;
use crate::context::Context;
use crate::domain::{Employment, Hiring};
use crate::error::Error;
use crate::events::{self, Act};
use crate::ops::closing;
use crate::ops::verification_notice::ask;
use crate::store::employment;

/// Each loser of a race finds the winner's row at its next look; more looks mean that rows open and close meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// The open employment takes the hiring in, or a new one begins. What the organization has said of the person since somebody
/// vouched for them counts more. Either is published, also when it only gained groups; of one that begins to wait, those who can
/// verify it are mailed. An acceptance employs once: one that has led to an employment
/// which is not open any more, or before the latest one was closed, is answered with that employment.
///
/// # Errors
/// [`Error::OrganizationClosed`], before anything is written.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    hiring: &Hiring,
    actor: &str,
) -> Result<Employment, Error> {
    let now = context.clock.now();
    closing::refuse(tx, hiring.organization).await?;
    for _ in 0..MAX_ATTEMPTS {
        if let Some(open) = employment::lock_open(tx, hiring.organization, hiring.person).await? {
            let hiring = weighed(tx, hiring).await?;
            return join(tx, context, open, &hiring, actor).await;
        }
        if let Some(over) = answering(tx, hiring).await? {
            return Ok(over);
        }
        let hiring = &weighed(tx, hiring).await?;
        let new = begin(tx, context, hiring, now).await?;
        if employment::insert(tx, &new).await? == Insertion::Stored {
            publish(tx, context, &new, actor).await?;
            ask::apply(tx, context, &new, &hiring.verifiers).await?;
            return Ok(new);
        }
    }
    Err(Failure::Contended.into())
}

/// Only what was vouched for earlier is compared with what was said since: claims and approvals are of now.
async fn weighed(tx: &mut PgConnection, hiring: &Hiring) -> Result<Hiring, DatabaseError> {
    if hiring.vouch_time.is_none() {
        return Ok(hiring.clone());
    }
    Ok(hiring.after(employment::refuse_time(tx, hiring.organization, hiring.person).await?))
}

async fn join(
    tx: &mut PgConnection,
    context: &Context,
    open: Employment,
    hiring: &Hiring,
    actor: &str,
) -> Result<Employment, Error> {
    let now = context.clock.now();
    settle(tx, context, open.join(hiring, now), actor.to_owned(), now).await
}

async fn answering(tx: &mut PgConnection, hiring: &Hiring) -> Result<Option<Employment>, DatabaseError> {
    let Some(invitation) = hiring.invitation else {
        return Ok(None);
    };
    let (organization, person) = (hiring.organization, hiring.person);
    employment::find_answering(tx, organization, person, invitation, hiring.accept_time).await
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
    new: &Employment,
    actor: &str,
) -> Result<(), DatabaseError> {
    let (actor, time) = (actor.to_owned(), new.create_time);
    events::publish(tx, &context.clock, std::slice::from_ref(new), Act { actor, time }).await
}

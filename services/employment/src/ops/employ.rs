//! Employing a person, or adding to the employment that they have.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{EmploymentId, EventId};
use muster_messaging::outbox::{self, NewEvent};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Employment, EmploymentState, Hiring};
use crate::events;
use crate::store::employments::{self, Insertion};

/// Each loser of a race finds the winner's row at its next look; more looks mean that rows open and close meanwhile.
const LOOKS: usize = 3;
/// Employments follow from events: nobody asked this service by a call.
const ACTOR: &str = "service:employment";

/// Carries out a hiring in the consumer's transaction: the open employment takes it in, or a new one begins. What is
/// verified afterwards is told to others, also when it only gained groups.
///
/// # Errors
/// The database's.
pub(crate) async fn employ(
    tx: &mut PgConnection,
    clock: &Clock,
    hiring: &Hiring,
) -> Result<(), DatabaseError> {
    let now = clock.now();
    for _ in 0..LOOKS {
        let open = employments::lock_open(tx, hiring.organization, hiring.person).await?;
        let Some(open) = open else {
            let new = begin(tx, clock, hiring, now).await?;
            match employments::insert(tx, &new).await? {
                Insertion::Done => return tell(tx, clock, &new, now).await,
                Insertion::Beaten => continue,
            }
        };
        if let Some(changed) = open.join(hiring, now) {
            employments::update(tx, &changed, now).await?;
            tell(tx, clock, &changed, now).await?;
        }
        return Ok(());
    }
    Err(DatabaseError::Unavailable(None))
}

async fn begin(
    tx: &mut PgConnection,
    clock: &Clock,
    hiring: &Hiring,
    now: OffsetDateTime,
) -> Result<Employment, DatabaseError> {
    let former = employments::latest(tx, hiring.organization, hiring.person).await?;
    let former_version = former.map_or(0, |former| former.version);
    let id = EmploymentId::from_uuid(clock.new_uuid());
    Ok(Employment::begin(id, hiring, former_version, now))
}

async fn tell(
    tx: &mut PgConnection,
    clock: &Clock,
    employment: &Employment,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    if employment.state != EmploymentState::Verified {
        return Ok(());
    }
    let event = NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: employment.organization,
        aggregate: employment.id.as_uuid(),
        sequence: employment.version,
        time: now,
        actor: ACTOR.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &events::verified(employment)).await
}

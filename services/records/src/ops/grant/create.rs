//! Consenting.

use muster_database::DatabaseError;
use muster_database::idempotency::{self, Key};
use muster_ids::{GrantId, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::{Answer, Desk, know_learner};
use crate::domain::{Grant, GrantState};
use crate::error::Error;
use crate::store::grants::{self, Insertion};
use crate::store::projection;

/// Each loser of a race finds the winner's grant at its next look, unless that is revoked meanwhile.
const LOOKS: usize = 3;

/// Grants the organization access to the person's record, once for the request's id; one that is active already is the
/// answer. The employment is open when this commits: whatever ends it waits for the lock.
///
/// # Errors
/// [`Error::NotEmployed`]; [`Error::RequestIdReused`]; [`Error::Peer`]; the database's.
pub(crate) async fn grant<A: Answer<Grant>>(
    desk: &Desk,
    key: Key,
    person: PersonId,
    organization: OrganizationId,
) -> Result<A, Error> {
    know_learner(desk, organization, person).await?;
    let now = desk.clock.now();
    let id = GrantId::from_uuid(desk.clock.new_uuid());
    let new = Grant {
        person,
        id,
        organization,
        state: GrantState::Active,
        create_time: now,
    };
    idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move {
            match projection::hold(tx, organization, person).await? {
                Some(standing) if standing.state.is_open() => {}
                _ => return Err(Error::NotEmployed),
            }
            Ok(A::from(active(tx, new).await?))
        })
    })
    .await
}

/// The new grant, or the one that is active already.
async fn active(tx: &mut PgConnection, new: Grant) -> Result<Grant, DatabaseError> {
    for _ in 0..LOOKS {
        if grants::insert(tx, &new).await? == Insertion::Done {
            return Ok(new);
        }
        if let Some(grant) = grants::hold_active(tx, new.person, new.organization).await? {
            return Ok(grant);
        }
    }
    Err(DatabaseError::Unavailable(None))
}

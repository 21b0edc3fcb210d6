//! A person takes a training by themself.

use muster_database::Insertion;
use muster_ids::{PersonId, TrainingId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Assignment;
use crate::error::Error;
use crate::store::{assignment, training};

/// Each loser of a race finds the winner's row at its next look; more looks mean that it was completed meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// Takes it; what they have taken so and not completed is answered as it is.
///
/// # Errors
/// [`Failure::NotFound`] when there is no such training; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    person: PersonId,
    training: TrainingId,
) -> Result<Assignment, Error> {
    if training::find_all(tx, &[training]).await?.is_empty() {
        return Err(Failure::NotFound.into());
    }
    for _ in 0..MAX_ATTEMPTS {
        if let Some(own) = assignment::find_own(tx, person, training).await? {
            return Ok(own);
        }
        let (id, now) = (context.clock.new_id(), context.clock.now());
        if assignment::insert_own(tx, person, training, id, now).await? == Insertion::Stored {
            let stored = assignment::lock(tx, person, id).await?;
            return Ok(stored.ok_or(Failure::Contended)?);
        }
    }
    Err(Failure::Contended.into())
}

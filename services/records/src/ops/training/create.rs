//! Putting a training into the shared catalog.

use muster_database::DatabaseError;
use muster_database::idempotency::{self, Key};
use muster_ids::TrainingId;

use super::{Answer, Desk};
use crate::domain::{NewTraining, Training};
use crate::error::Error;
use crate::store::trainings;

/// Puts a training into the catalog, once for the request's id.
///
/// # Errors
/// [`Error::TrainingCodeTaken`]; [`Error::RequestIdReused`]; the database's.
pub(crate) async fn create_training<A: Answer<Training>>(
    desk: &Desk,
    key: Key,
    new: NewTraining,
) -> Result<A, Error> {
    let now = desk.clock.now();
    let training = Training {
        id: TrainingId::from_uuid(desk.clock.new_uuid()),
        code: new.code,
        display_name: new.display_name,
        description: new.description,
        create_time: now,
    };
    idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move {
            trainings::insert(tx, &training, new.creator)
                .await
                .map_err(code_taken)?;
            Ok(A::from(training))
        })
    })
    .await
}

fn code_taken(error: DatabaseError) -> Error {
    match error.constraint() {
        Some(trainings::CODE_TAKEN) => Error::TrainingCodeTaken,
        _ => error.into(),
    }
}

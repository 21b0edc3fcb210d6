//! Putting a training into the shared catalog.

use muster_database::Insertion;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{NewTraining, Training};
use crate::error::Error;
use crate::store::training;

/// Puts a training into the catalog. Who did, when and why stays with it: it is the one thing that is ever done to it.
///
/// # Errors
/// [`Error::TrainingCodeTaken`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    new: NewTraining,
) -> Result<Training, Error> {
    let training = Training {
        id: context.clock.new_id(),
        code: new.code,
        display_name: new.display_name,
        description: new.description,
        worth: new.worth,
        create_time: context.clock.now(),
        create_reason: new.reason,
    };
    match training::insert(tx, &training, new.creator).await? {
        Insertion::Stored => Ok(training),
        Insertion::Exists => Err(Error::TrainingCodeTaken),
    }
}

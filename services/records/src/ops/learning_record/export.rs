//! Reading a learner's whole record into a file, a piece at a time.

use muster_ids::{AssignmentId, PersonId};
use sqlx::PgConnection;

use super::read::{Reader, lock_permit};
use crate::context::Context;
use crate::domain::{AccessKind, ExportFormat, RecordLine};
use crate::error::Error;
use crate::store::{learning_record, record_access};

/// How many lines a piece has.
pub(crate) const PIECE: i64 = 200;

/// A piece of the record, which begins below `before`: the first one logs the reading. Consent is looked at, and held, for each.
///
/// # Errors
/// As [`read::apply`](super::read::apply).
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reader: &Reader,
    learner: PersonId,
    format: ExportFormat,
    before: Option<AssignmentId>,
) -> Result<Vec<RecordLine>, Error> {
    let permit = lock_permit(tx, context, reader, learner).await?;
    if before.is_none() {
        let access = reader.access(context, AccessKind::Record, (learner, permit), Some(format));
        record_access::insert(tx, &access).await?;
    }
    Ok(learning_record::list(tx, learner, before, PIECE).await?)
}

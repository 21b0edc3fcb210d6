//! Retention: rows of imports hold addresses as they were given, and go when their time has come. What was counted stays.

use muster_jobs::Batch;

use crate::context::Context;
use crate::error::Error;
use crate::store::import::purge::{delete_rows, lock_due, mark_purged};

/// Few enough to stay far below the statement limit.
const ROWS_AT_ONCE: i64 = 5_000;

/// Deletes some rows of one import whose time has come.
pub(crate) struct Purge(pub(crate) Context);

impl Batch for Purge {
    const NAME: &'static str = "import-sweeper";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let purging = self.0.database.write(async |tx| {
            let Some((organization, import)) = lock_due(tx, now).await? else {
                return Ok(0);
            };
            let deleted = delete_rows(tx, organization, import, ROWS_AT_ONCE).await?;
            if deleted < ROWS_AT_ONCE.unsigned_abs() {
                mark_purged(tx, organization, import).await?;
                tracing::info!(%import, "the rows of an import are deleted, as its retention says");
            }
            Ok(1)
        });
        purging.await
    }
}

//! Retention: rows of imports hold addresses as they were given, and go when their time has come. What was counted stays.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::error::Error;
use crate::store::import::purge::{delete_rows, lock_due, mark_purged};

const POLL: Duration = Duration::from_secs(1);
/// Few enough to stay far below the statement limit.
const ROWS_AT_ONCE: i64 = 5_000;

/// Looks every second, and again at once when there was something, until `shutdown`. Any number of processes may do so.
pub(crate) async fn run(context: Context, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match purge(&context).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old rows of imports are not deleted yet"
            ),
        }
        shutdown.run_until_cancelled(tokio::time::sleep(POLL)).await;
    }
}

/// Deletes some rows of one import whose time has come, in a transaction of its own. Tells whether there was one.
pub(crate) async fn purge(context: &Context) -> Result<bool, Error> {
    let now = context.clock.now();
    context
        .database
        .write(async |tx| {
            let Some((organization, import)) = lock_due(tx, now).await? else {
                return Ok(false);
            };
            let deleted = delete_rows(tx, organization, import, ROWS_AT_ONCE).await?;
            if deleted < ROWS_AT_ONCE.unsigned_abs() {
                mark_purged(tx, organization, import).await?;
                tracing::info!(%import, "the rows of an import are deleted, as its retention says");
            }
            Ok(true)
        })
        .await
}

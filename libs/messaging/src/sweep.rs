//! Deletes what nobody needs any more: published outbox rows after 7 days, inbox rows after 30.
//!
//! An event waits for its consumer in the broker, or parked; one that is redelivered later than 30 days after it was
//! applied would be applied again, which no broker here does.

use muster_database::{Database, DatabaseError};

use crate::measures;

/// Small enough to stay far below the statement limit.
const ROWS_AT_ONCE: i64 = 1000;
/// Bounds one round: 50,000 rows a table, then the next round goes on.
const STATEMENTS_A_ROUND: u32 = 50;

const OUTBOX: &str = "DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE published_at < now() - interval '7 days' ORDER BY published_at LIMIT $1
    FOR UPDATE SKIP LOCKED)";
const INBOX: &str = "DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox WHERE received_at < now() - interval '30 days' ORDER BY received_at LIMIT $1
    FOR UPDATE SKIP LOCKED)";

/// Sweeps both tables once.
///
/// # Errors
/// The database's. What is left is swept the next time.
pub async fn sweep(db: &Database) -> Result<(), DatabaseError> {
    for (table, statement) in [("outbox", OUTBOX), ("inbox", INBOX)] {
        sweep_table(db, table, statement).await?;
    }
    Ok(())
}

async fn sweep_table(
    db: &Database,
    table: &'static str,
    statement: &'static str,
) -> Result<(), DatabaseError> {
    for _ in 0..STATEMENTS_A_ROUND {
        let rows = db
            .read(async |connection| {
                let done = sqlx::query(statement)
                    .bind(ROWS_AT_ONCE)
                    .execute(connection)
                    .await?;
                Ok::<_, DatabaseError>(done.rows_affected())
            })
            .await?;
        measures::swept(table, rows);
        if rows < ROWS_AT_ONCE.unsigned_abs() {
            break;
        }
    }
    Ok(())
}

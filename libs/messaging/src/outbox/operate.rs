//! What an operator asks of an outbox, and does about it.

use muster_database::{Database, DatabaseError};
use muster_ids::EventId;
use sqlx::FromRow;
use time::OffsetDateTime;

/// As many as one statement takes, so that it stays far below its limit.
const BATCH_SIZE: i64 = 1000;

/// Events of one type that wait to be published.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Waiting {
    /// The routing key, such as `invitation.accepted`.
    pub event_type: String,
    /// How many wait.
    pub count: i64,
    /// When the oldest of them was written, by the clock of the database.
    pub oldest_time: OffsetDateTime,
    /// How often the relay has tried the one that it tried most often. More than a few: the broker refuses it, or returns
    /// it because no queue is bound to its key.
    pub attempts: i32,
}

/// What is published once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// This event.
    Event(EventId),
    /// All that were published at this time or later, and before now.
    Since(OffsetDateTime),
}

/// What waits to be published, by type, the oldest first.
///
/// # Errors
/// The database's.
pub async fn waiting(db: &Database) -> Result<Vec<Waiting>, DatabaseError> {
    db.read(async |connection| {
        let waiting = sqlx::query_as(
            "SELECT event_type, count(*) AS count, min(created_at) AS oldest_time, max(attempts) AS attempts
               FROM outbox WHERE published_at IS NULL GROUP BY event_type ORDER BY oldest_time, event_type",
        );
        Ok(waiting.fetch_all(connection).await?)
    })
    .await
}

/// Has events published once more by the relay of the service, and tells how many. Who applied one already recognises it. What
/// was published more than seven days ago is gone ([`crate::sweep`]).
///
/// # Errors
/// The database's. Those before it are published again all the same; saying it once more is safe.
pub async fn publish_again(db: &Database, which: Again) -> Result<u64, DatabaseError> {
    match which {
        Again::Event(id) => of_event(db, id).await,
        Again::Since(since) => all_since(db, since).await,
    }
}

async fn of_event(db: &Database, id: EventId) -> Result<u64, DatabaseError> {
    db.read(async |connection| {
        let again = sqlx::query(
            "UPDATE outbox SET published_at = NULL, next_attempt_at = now(), attempts = 0
              WHERE id = $1 AND published_at IS NOT NULL",
        );
        let done = again.bind(id).execute(connection).await?;
        Ok(done.rows_affected())
    })
    .await
}

/// The relay publishes the first ones while the last are still looked for: what it marks then is later than `until`, so that
/// nothing comes round twice.
async fn all_since(db: &Database, since: OffsetDateTime) -> Result<u64, DatabaseError> {
    let until: OffsetDateTime = db
        .read(async |connection| {
            let now = sqlx::query_scalar("SELECT now()").fetch_one(connection).await?;
            Ok::<_, DatabaseError>(now)
        })
        .await?;
    let mut count = 0;
    loop {
        let rows = db
            .read(async |connection| {
                let again = sqlx::query(
                    "UPDATE outbox SET published_at = NULL, next_attempt_at = now(), attempts = 0
                      WHERE id IN (SELECT id FROM outbox WHERE published_at >= $1 AND published_at < $2
                                   ORDER BY published_at, id LIMIT $3 FOR UPDATE)",
                );
                let again = again.bind(since).bind(until).bind(BATCH_SIZE);
                let done = again.execute(connection).await?;
                Ok::<_, DatabaseError>(done.rows_affected())
            })
            .await?;
        count += rows;
        if rows < BATCH_SIZE.unsigned_abs() {
            return Ok(count);
        }
    }
}

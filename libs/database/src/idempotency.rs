//! The same request twice, one answer (AIP-155).
//!
//! The answer is stored in the transaction of the work: a caller who never heard the outcome repeats the request with
//! the same `request_id` and gets the stored answer, or does the work if it was never committed. Table:
//! `sql/idempotency.sql`.

use std::time::Duration;

use futures::future::BoxFuture;
use muster_clock::Clock;
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Database, DatabaseError};

/// How long an answer is kept.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const SWEEP_EVERY: Duration = Duration::from_secs(5 * 60);
const SWEEP_BATCH: i64 = 5_000;

/// What tells one request from another.
#[derive(Clone, Debug)]
pub struct Key {
    /// Who asks: `person:<uuid>` or `workload:<name>`. Ids of different callers never meet.
    pub caller: String,
    /// The RPC: `package.Service/Method`.
    pub method: &'static str,
    /// The caller's id for this request; without one every request is new.
    pub request_id: Option<Uuid>,
    /// [`fingerprint`] of the request.
    pub request_sha256: [u8; 32],
}

/// Why no answer could be given from, or stored with, the request's id.
#[derive(Debug, Error)]
pub enum IdempotencyError {
    /// The id was used for another request (`REQUEST_ID_REUSED`).
    #[error("the request id was used for another request")]
    Reused,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The response message that tells of a `T`: what is stored for a repeated request.
pub trait Answer<T>: Message + Default + From<T> + 'static {}

impl<T, A: Message + Default + From<T> + 'static> Answer<T> for A {}

/// SHA-256 of a request as encoded. Requests must not hold a `map` field: its order is not fixed.
#[must_use]
pub fn fingerprint(request: &impl Message) -> [u8; 32] {
    Sha256::digest(request.encode_to_vec()).into()
}

/// Does `work` once for `key` and answers the same to each repetition.
///
/// A repetition that arrives while the first still runs waits for it (at most the lock limit of 1 s). A failed `work`
/// stores nothing: its repetition works again.
///
/// # Errors
/// Whatever `work` answers, [`IdempotencyError::Reused`], or a database error.
pub async fn run<R, E, F>(database: &Database, key: Key, now: OffsetDateTime, work: F) -> Result<R, E>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<R, E>> + Send + 'static,
    R: Message + Default + 'static,
    E: From<DatabaseError> + From<IdempotencyError> + Send + 'static,
{
    let Some(request_id) = key.request_id else {
        return database.write(work).await;
    };
    database
        .write(move |tx| {
            Box::pin(async move {
                if claim(tx, &key, request_id, now).await? {
                    let response = work(tx).await?;
                    store(tx, &key, request_id, &response.encode_to_vec()).await?;
                    return Ok(response);
                }
                let stored = recall(tx, &key, request_id).await?;
                let response = R::decode(stored.as_slice()).map_err(|_| {
                    DatabaseError::Inconsistent("a stored response cannot be decoded".to_owned())
                })?;
                Ok(response)
            })
        })
        .await
}

/// Whether this transaction is the first with the id. The primary key makes a concurrent duplicate wait here until
/// the first has ended.
async fn claim(
    tx: &mut PgConnection,
    key: &Key,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO idempotency (caller, method, request_id, request_sha256, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT idempotency_pkey DO NOTHING",
    )
    .bind(&key.caller)
    .bind(key.method)
    .bind(id)
    .bind(key.request_sha256.as_slice())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn store(tx: &mut PgConnection, key: &Key, id: Uuid, response: &[u8]) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE idempotency SET response = $4 WHERE caller = $1 AND method = $2 AND request_id = $3")
        .bind(&key.caller)
        .bind(key.method)
        .bind(id)
        .bind(response)
        .execute(tx)
        .await?;
    Ok(())
}

async fn recall(tx: &mut PgConnection, key: &Key, id: Uuid) -> Result<Vec<u8>, IdempotencyError> {
    let row: Option<(Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT request_sha256, response FROM idempotency WHERE caller = $1 AND method = $2 AND request_id = $3",
    )
    .bind(&key.caller)
    .bind(key.method)
    .bind(id)
    .fetch_optional(tx)
    .await
    .map_err(DatabaseError::from)?;
    match row {
        Some((sha256, _)) if sha256 != key.request_sha256 => Err(IdempotencyError::Reused),
        Some((_, Some(response))) => Ok(response),
        Some((_, None)) => Err(DatabaseError::Inconsistent("a committed answer is empty".to_owned()).into()),
        // The sweeper took it between the two statements.
        None => Err(DatabaseError::Unavailable(None).into()),
    }
}

/// Deletes answers older than [`RETENTION`], every five minutes, until `shutdown`.
pub async fn sweep(database: Database, clock: Clock, shutdown: CancellationToken) {
    while shutdown
        .run_until_cancelled(tokio::time::sleep(SWEEP_EVERY))
        .await
        .is_some()
    {
        match sweep_once(&database, clock.now()).await {
            Ok(0) => {}
            Ok(deleted) => tracing::debug!(deleted, "old answers deleted"),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old answers were not deleted"
            ),
        }
    }
}

/// Deletes answers older than [`RETENTION`] at `now`, in short transactions, and tells how many.
///
/// # Errors
/// The database's.
pub async fn sweep_once(database: &Database, now: OffsetDateTime) -> Result<u64, DatabaseError> {
    let mut total = 0;
    loop {
        let deleted = database
            .write(move |tx| Box::pin(delete_batch(tx, now - RETENTION)))
            .await?;
        total += deleted;
        if deleted < SWEEP_BATCH.unsigned_abs() {
            return Ok(total);
        }
    }
}

async fn delete_batch(tx: &mut PgConnection, before: OffsetDateTime) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM idempotency WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
    )
    .bind(before)
    .bind(SWEEP_BATCH)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

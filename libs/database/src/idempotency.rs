//! The same request twice, one answer (AIP-155).
//!
//! The answer is stored in the transaction of the work: a caller who never heard the outcome repeats the request with
//! the same `request_id` and gets the stored answer, or does the work if it was never committed. The table comes from
//! [`MIGRATOR`].
//!
//! The work returns what the domain knows; the response that tells of it is made, and stored, here. So a repeated
//! request gets the same bytes.
//!
//! ```no_run
//! # use muster_database::{Database, DatabaseError, idempotency::{IdempotencyError, Key}};
//! # #[derive(Debug, thiserror::Error)]
//! # enum Error {
//! #     #[error(transparent)] Database(#[from] DatabaseError),
//! #     #[error(transparent)] Idempotency(#[from] IdempotencyError),
//! # }
//! # async fn ask_another_service() -> Result<i64, Error> { Ok(1) }
//! # async fn store(tx: &mut sqlx::PgConnection, answer: i64) -> Result<String, Error> { Ok(answer.to_string()) }
//! # async fn example(database: &Database, key: &Key, now: time::OffsetDateTime) -> Result<String, Error> {
//! let response: String = database
//!     .once_prepared(
//!         key,
//!         now,
//!         async || ask_another_service().await,
//!         async |tx, answer| store(tx, answer).await,
//!     )
//!     .await?;
//! # Ok(response) }
//! ```

use std::sync::LazyLock;
use std::time::Duration;

use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use sqlx::migrate::Migrator;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Database, DatabaseError};

/// The table `idempotency`, with versions of its own.
pub static MIGRATOR: LazyLock<Migrator> =
    LazyLock::new(|| crate::migration::of_library(sqlx::migrate!(), "_idempotency_migrations"));

/// How long an answer is kept.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
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

impl Database {
    /// Does `work` once for `key` and answers the same to each repetition. Without a request id every request is new.
    ///
    /// A repetition that arrives while the first still runs waits for it (at most the lock limit of 1 s). A failed `work`
    /// stores nothing: its repetition works again.
    ///
    /// # Errors
    /// Whatever `work` answers, [`IdempotencyError::Reused`], or a database error.
    pub async fn once<R, T, E, F>(&self, key: &Key, now: OffsetDateTime, work: F) -> Result<R, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        R: Answer<T>,
        E: From<DatabaseError> + From<IdempotencyError>,
    {
        let Some(id) = key.request_id else {
            return self.write(work).await.map(R::from);
        };
        self.write(async |tx| {
            if claim(tx, key, id, now).await? {
                let response = R::from(work(&mut *tx).await?);
                store(tx, key, id, &response.encode_to_vec()).await?;
                return Ok(response);
            }
            // The sweeper took it between the two statements.
            let stored = recall(tx, key, id).await?;
            stored.ok_or_else(|| DatabaseError::Unavailable(None).into())
        })
        .await
    }

    /// As [`Database::once`], for work that asks others first: a stored answer is looked at before anybody is asked, then
    /// `prepare` asks (no transaction is open, no connection is held), then `apply` works with what it found.
    ///
    /// # Errors
    /// As [`Database::once`], and whatever `prepare` answers.
    pub async fn once_prepared<R, Q, T, E, P, F>(
        &self,
        key: &Key,
        now: OffsetDateTime,
        prepare: P,
        apply: F,
    ) -> Result<R, E>
    where
        P: AsyncFnOnce() -> Result<Q, E>,
        F: AsyncFnOnce(&mut PgConnection, Q) -> Result<T, E>,
        R: Answer<T>,
        E: From<DatabaseError> + From<IdempotencyError>,
    {
        if let Some(answer) = self.answered(key).await? {
            return Ok(answer);
        }
        let prepared = prepare().await?;
        self.once(key, now, async move |tx| apply(tx, prepared).await)
            .await
    }

    /// The answer that was given to the request before, if there is one.
    ///
    /// # Errors
    /// [`IdempotencyError::Reused`], or a database error.
    pub async fn answered<R>(&self, key: &Key) -> Result<Option<R>, IdempotencyError>
    where
        R: Message + Default,
    {
        match key.request_id {
            None => Ok(None),
            Some(id) => self.read(async |db| recall(db, key, id).await).await,
        }
    }
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

async fn recall<R: Message + Default>(
    db: &mut PgConnection,
    key: &Key,
    id: Uuid,
) -> Result<Option<R>, IdempotencyError> {
    let row: Option<(Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT request_sha256, response FROM idempotency WHERE caller = $1 AND method = $2 AND request_id = $3",
    )
    .bind(&key.caller)
    .bind(key.method)
    .bind(id)
    .fetch_optional(db)
    .await
    .map_err(DatabaseError::from)?;
    match row {
        None => Ok(None),
        Some((sha256, _)) if sha256 != key.request_sha256 => Err(IdempotencyError::Reused),
        Some((_, Some(response))) => Ok(Some(decoded(&response)?)),
        Some((_, None)) => Err(DatabaseError::Inconsistent("a committed answer is empty".to_owned()).into()),
    }
}

fn decoded<R: Message + Default>(response: &[u8]) -> Result<R, DatabaseError> {
    let undecodable = |_| DatabaseError::Inconsistent("a stored response cannot be decoded".to_owned());
    R::decode(response).map_err(undecodable)
}

/// Deletes answers older than [`RETENTION`] at `now`, in short transactions, and tells how many.
///
/// # Errors
/// The database's.
pub async fn sweep_once(database: &Database, now: OffsetDateTime) -> Result<u64, DatabaseError> {
    let mut total = 0;
    loop {
        let deleted = database
            .write(async |tx| delete_batch(tx, now - RETENTION).await)
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

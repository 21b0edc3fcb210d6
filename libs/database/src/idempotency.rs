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

use crate::{Database, DatabaseError, Together};

/// The table `idempotency`, with versions of its own.
pub static MIGRATOR: LazyLock<Migrator> =
    LazyLock::new(|| crate::migration::of_library(sqlx::migrate!(), "_idempotency_migrations"));

/// How long an answer is kept.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const SWEEP_BATCH: i64 = 5_000;
/// Stored answers that one statement looks for at most.
const LOOKS_AT_ONCE: usize = 100;

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
            return self.write_as(&key.caller, work).await.map(R::from);
        };
        self.write_as(&key.caller, async |tx| {
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

    /// The answer that was given to the request before, if there is one. Those who ask at the same time look together.
    ///
    /// # Errors
    /// [`IdempotencyError::Reused`], or a database error.
    pub async fn answered<R>(&self, key: &Key) -> Result<Option<R>, IdempotencyError>
    where
        R: Message + Default,
    {
        let Some(id) = key.request_id else {
            return Ok(None);
        };
        let look = Look {
            database: self.clone(),
            request: (key.caller.clone(), key.method, id),
        };
        match self.recalls.ask((), look).await {
            Some(Some(row)) => row.map_or(Ok(None), |row| decode_response(key, row)),
            // The look failed for somebody; this one says why, or does not fail.
            Some(None) | None => self.read(async |db| recall(db, key, id).await).await,
        }
    }
}

/// Digest and response of a stored answer.
type Stored = (Vec<u8>, Option<Vec<u8>>);

/// What looks for stored answers. `None`: could not look.
pub(crate) type Recalls = Together<(), Look, Option<Option<Stored>>>;

/// A look for one stored answer.
pub(crate) struct Look {
    database: Database,
    request: (String, &'static str, Uuid),
}

/// Looks in one statement for all that are asked for at the same time.
pub(crate) fn recalls() -> Recalls {
    Together::new(LOOKS_AT_ONCE, |(): &(), looks: Vec<Look>| async move {
        let Some(database) = looks.first().map(|look| look.database.clone()) else {
            return Vec::new();
        };
        let count = looks.len();
        let requests = looks.into_iter().map(|look| look.request).collect();
        let looked = database.read(async |db| recall_all(db, requests).await).await;
        match looked {
            Ok(found) => found.into_iter().map(Some).collect(),
            Err(_) => vec![None; count],
        }
    })
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
    let row: Option<Stored> = sqlx::query_as(
        "SELECT request_sha256, response FROM idempotency WHERE caller = $1 AND method = $2 AND request_id = $3",
    )
    .bind(&key.caller)
    .bind(key.method)
    .bind(id)
    .fetch_optional(db)
    .await
    .map_err(DatabaseError::from)?;
    row.map_or(Ok(None), |row| decode_response(key, row))
}

/// As [`recall`], of many, in their order.
async fn recall_all(
    db: &mut PgConnection,
    requests: Vec<(String, &'static str, Uuid)>,
) -> Result<Vec<Option<Stored>>, DatabaseError> {
    let count = requests.len();
    let (mut callers, mut methods, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (caller, method, id) in requests {
        callers.push(caller);
        methods.push(method);
        ids.push(id);
    }
    let rows: Vec<(i64, Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        // Request after request: each is one look into the primary key, whatever else there is.
        "SELECT asked.place, stored.request_sha256, stored.response
         FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY AS asked (caller, method, request_id, place)
         CROSS JOIN LATERAL (
             SELECT request_sha256, response FROM idempotency i
             WHERE i.caller = asked.caller AND i.method = asked.method AND i.request_id = asked.request_id
             LIMIT 1) AS stored",
    )
    .bind(callers)
    .bind(methods)
    .bind(ids)
    .fetch_all(db)
    .await?;
    let mut found = vec![None; count];
    for (place, sha256, response) in rows {
        let place = usize::try_from(place - 1).ok();
        if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
            *slot = Some((sha256, response));
        }
    }
    Ok(found)
}

fn decode_response<R: Message + Default>(
    key: &Key,
    (sha256, response): Stored,
) -> Result<Option<R>, IdempotencyError> {
    match response {
        _ if sha256 != key.request_sha256 => Err(IdempotencyError::Reused),
        Some(response) => Ok(Some(decoded(&response)?)),
        None => Err(DatabaseError::Inconsistent("a committed answer is empty".to_owned()).into()),
    }
}

/// Stores the answers of requests that were done together, in the transaction of their work. A repetition that is under way
/// is waited for; then nothing of this transaction can be stored.
///
/// # Errors
/// [`DatabaseError::Conflict`] when one of the requests was answered before, or stands here twice.
pub async fn keep_all(
    tx: &mut PgConnection,
    answers: Vec<(Key, Vec<u8>)>,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let (mut callers, mut methods, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    let (mut digests, mut responses) = (Vec::new(), Vec::new());
    for (key, response) in answers {
        // Without an id no repetition can be told from a new request.
        let Some(id) = key.request_id else { continue };
        callers.push(key.caller);
        methods.push(key.method);
        ids.push(id);
        digests.push(key.request_sha256.to_vec());
        responses.push(response);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO idempotency (caller, method, request_id, request_sha256, response, created_at)
         SELECT caller, method, request_id, request_sha256, response, $6
         FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[])
           AS done (caller, method, request_id, request_sha256, response)
         ORDER BY caller, method, request_id",
    )
    .bind(callers)
    .bind(methods)
    .bind(ids)
    .bind(digests)
    .bind(responses)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
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

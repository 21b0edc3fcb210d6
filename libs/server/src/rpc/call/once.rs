//! The same request twice, one answer (AIP-155).

use muster_database::idempotency::{IdempotencyError, Key, fingerprint};
use muster_database::{Database, DatabaseError};
use muster_proto::{HasRequestId, ResourceResponse, answer};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::{Response, Status};
use uuid::Uuid;

use super::Call;

impl<M: HasRequestId> Call<M> {
    /// The key under which this call's answer is stored.
    pub fn key(&self) -> Key {
        Key {
            caller: self.caller.actor(),
            method: self.rule.path.trim_start_matches('/'),
            // A UUID or empty: the field has a rule, which the build asks for.
            request_id: Uuid::try_parse(self.message.request_id()).ok(),
            request_sha256: fingerprint(&self.message),
        }
    }

    /// Does `work` once and answers with the thing that it is about; a repetition gets the same answer. See
    /// [`Database::once`].
    ///
    /// # Errors
    /// Whatever `work` answers, `REQUEST_ID_REUSED`, or the database's.
    pub async fn once<R, T, E>(
        &self,
        database: &Database,
        now: OffsetDateTime,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<Response<R>, Status>
    where
        R: ResourceResponse,
        T: Into<R::Resource>,
        E: From<DatabaseError> + From<IdempotencyError> + Into<Status>,
    {
        let key = self.key();
        let done = database.once(&key, now, async |tx| {
            let thing = work(tx).await?;
            Ok(answer::<R>(thing))
        });
        done.await.map(Response::new).map_err(|error: E| error.into())
    }

    /// As [`Call::once`], for work that asks others first: `prepare` runs when there is no stored answer, before a transaction
    /// is open. See [`Database::once_prepared`].
    ///
    /// # Errors
    /// As [`Call::once`], and whatever `prepare` answers.
    pub async fn once_prepared<R, Q, T, E>(
        &self,
        database: &Database,
        now: OffsetDateTime,
        prepare: impl AsyncFnOnce() -> Result<Q, E>,
        apply: impl AsyncFnOnce(&mut PgConnection, Q) -> Result<T, E>,
    ) -> Result<Response<R>, Status>
    where
        R: ResourceResponse,
        T: Into<R::Resource>,
        E: From<DatabaseError> + From<IdempotencyError> + Into<Status>,
    {
        let key = self.key();
        let done = database.once_prepared(&key, now, prepare, async |tx, prepared| {
            let thing = apply(tx, prepared).await?;
            Ok(answer::<R>(thing))
        });
        done.await.map(Response::new).map_err(|error: E| error.into())
    }
}

//! Units of work: what runs between borrowing a connection and giving it back.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, Span, info_span};

use crate::session::ACQUIRE_LIMIT;
use crate::{Database, DatabaseError, deadline};

/// The server's own statement limit ends a statement at the deadline and keeps the connection; the socket is closed
/// only when that was not enough, because an earlier statement used up part of the time.
const GRACE: Duration = Duration::from_millis(20);

impl Database {
    /// Runs `work` in a transaction and commits it when `work` answers `Ok`: `|tx| Box::pin(async move { … })`.
    ///
    /// It runs in a task of its own: when the caller goes away in the middle, the transaction still ends, one way or
    /// the other, and the connection goes back clean. The deadline and the span go with it.
    ///
    /// # Errors
    /// Whatever `work` answers (rolled back), or the [`DatabaseError`] of the connection, of BEGIN or of COMMIT.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let committed = self.committed();
        self.unit("write", |connection| async move {
            let done = transaction(connection, work).await;
            if done.is_ok() {
                committed.notify_one();
            }
            done
        })
        .await
    }

    /// Runs `work` on one connection without a transaction: each statement sees what is committed when it starts.
    ///
    /// # Errors
    /// Whatever `work` answers, or the [`DatabaseError`] of the connection.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.unit("read", |connection| lookup(connection, work)).await
    }

    /// A caller who goes away while it waits for its turn leaves no trace; from then on the unit runs to its end.
    /// Were the caller's task to open connections, calls that are cut short would throw away each connection before
    /// it is ready, and a storm of them would leave none.
    async fn unit<T, E, F, U>(&self, kind: &'static str, body: F) -> Result<T, E>
    where
        F: FnOnce(Lent) -> U + Send + 'static,
        U: Future<Output = Result<T, E>> + Send,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let span = unit_span(kind);
        let waiting = Instant::now();
        let turn = self.turn().instrument(span.clone()).await?;
        metrics::histogram!("database_pool_wait_seconds").record(waiting.elapsed());
        let pool = self.pool.clone();
        let task = async move {
            let connection = lend(&pool).await?;
            let working = Instant::now();
            let done = body(connection).await;
            metrics::histogram!("database_unit_duration_seconds", "kind" => kind).record(working.elapsed());
            drop(turn);
            done
        };
        match tokio::spawn(deadline::scope(deadline::current(), task).instrument(span)).await {
            Ok(done) => done,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_shutting_down) => Err(E::from(DatabaseError::Unavailable(None))),
            },
        }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, DatabaseError> {
        let limit = match deadline::remaining() {
            Some(Duration::ZERO) => return Err(DatabaseError::Timeout(None)),
            Some(left) if left < ACQUIRE_LIMIT => left,
            _ => ACQUIRE_LIMIT,
        };
        match timeout(limit, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            // The call gave it too little time: no word about the pool.
            Err(_) if deadline::has_passed() => Err(DatabaseError::Timeout(None)),
            Ok(Err(_)) | Err(_) => Err(DatabaseError::Unavailable(None)),
        }
    }
}

/// Not under the deadline: a connection that is being opened when it passes is worth keeping for the next unit.
async fn lend(pool: &PgPool) -> Result<Lent, DatabaseError> {
    let connection = pool.acquire().await?;
    if deadline::has_passed() {
        return Err(DatabaseError::Timeout(None));
    }
    Ok(Lent {
        connection,
        finished: false,
    })
}

async fn lookup<T, E, F>(mut connection: Lent, work: F) -> Result<T, E>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
    E: From<DatabaseError>,
{
    let done = until_deadline(work(&mut connection)).await?;
    connection.finished = true;
    done
}

async fn transaction<T, E, F>(mut connection: Lent, work: F) -> Result<T, E>
where
    F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
    E: From<DatabaseError>,
{
    let mut tx = connection.begin().await.map_err(DatabaseError::from)?;
    let done = until_deadline(work(&mut tx)).await?;
    let ended = match &done {
        // Not under the deadline: an interrupted COMMIT has an unknown outcome.
        Ok(_) => tx.commit().await,
        // Awaited, so that its locks are gone before the caller hears of the failure.
        Err(_) => tx.rollback().await,
    };
    connection.finished = true;
    match (done, ended) {
        (Ok(_), Err(error)) => Err(E::from(error.into())),
        (done, _) => done,
    }
}

/// The outer error means that `work` was cut off in the middle.
async fn until_deadline<T, E>(work: BoxFuture<'_, Result<T, E>>) -> Result<Result<T, E>, DatabaseError> {
    match deadline::current() {
        None => Ok(work.await),
        Some(deadline) => timeout_at(deadline + GRACE, work)
            .await
            .map_err(|_| DatabaseError::Timeout(None)),
    }
}

/// Part of somebody's trace, or no span at all: a service that looks for work in its own database several times a second
/// is nobody's story.
fn unit_span(kind: &'static str) -> Span {
    if Span::current().is_disabled() {
        return Span::none();
    }
    info_span!(
        "postgresql",
        otel.name = kind,
        otel.kind = "client",
        db.system.name = "postgresql",
        db.query.summary = kind
    )
}

/// A borrowed connection. One whose unit was cut off at the deadline is closed instead of given back, which ends the
/// statement it may still be running.
struct Lent {
    connection: PoolConnection<Postgres>,
    finished: bool,
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.finished && deadline::has_passed() {
            self.connection.close_on_drop();
        }
    }
}

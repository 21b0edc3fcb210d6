//! Units of work: what runs between borrowing a connection and giving it back.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, Span, info_span};

use crate::lent::Lent;
use crate::origin::Origin;
use crate::session::ACQUIRE_LIMIT;
use crate::wakes::Wakes;
use crate::{Database, DatabaseError, deadline, origin, wakes};

impl Database {
    /// Runs `work` in a transaction and commits it when `work` answers `Ok`: `write(async |tx| …)`.
    ///
    /// It runs in the caller's task and may borrow from it. When it is dropped, or the deadline passes, its connection
    /// is closed, which rolls back and ends the statement that may still run; during COMMIT the outcome is not known.
    /// The server shell runs each call in a task of its own, so that a client that hangs up drops nothing.
    ///
    /// # Errors
    /// Whatever `work` answers (rolled back), or the [`DatabaseError`] of the connection, of BEGIN or of COMMIT.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let working = self.transaction(None, None, work);
        working.instrument(unit_span("write")).await
    }

    /// As [`Database::write`], with a statement that goes to the server together with BEGIN and costs no round trip of its own: a
    /// lock that is taken before anything is looked at. What follows sees what its former holder stored, since each statement sees
    /// what is committed when it starts. `first` is text of the program and of what its types can be, with no words of a caller.
    ///
    /// # Errors
    /// As [`Database::write`], and what `first` is refused with.
    pub async fn write_after<T, E, F>(&self, first: &str, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let working = self.transaction(None, Some(first), work);
        working.instrument(unit_span("write")).await
    }

    /// As [`Database::write`], on behalf of `actor` (`person:<uuid>`, `workload:<name>`): the setting `muster.actor` of the
    /// transaction, where what keeps a history reads who changed something. It costs no statement of its own. Without it
    /// the service itself acts.
    ///
    /// # Errors
    /// As [`Database::write`].
    pub async fn write_as<T, E, F>(&self, actor: &str, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let acting = self.transaction(Some(actor), None, work);
        acting.instrument(unit_span("write")).await
    }

    /// Runs `work` on one connection without a transaction: each statement sees what is committed when it starts.
    /// Dropped or late, it ends like [`Database::write`].
    ///
    /// # Errors
    /// Whatever `work` answers, or the [`DatabaseError`] of the connection.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        self.lookup(work).instrument(unit_span("read")).await
    }

    /// Runs `work`, which is one statement, on one connection: it commits by itself, without BEGIN and COMMIT, and then those are
    /// woken whom [`Database::write`] wakes. Nothing says who acts, nor on what occasion: it is for tables that keep no history.
    /// Dropped or late, it ends like [`Database::write`], and its outcome is not known.
    ///
    /// # Errors
    /// Whatever `work` answers, or the [`DatabaseError`] of the connection.
    pub async fn write_at_once<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        self.statement(work).instrument(unit_span("write")).await
    }

    async fn statement<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let mut lent = self.lend("write").await?;
        let (worked, wakes) = wakes::collected(until_deadline(work(lent.in_use()))).await;
        let _wake = WakeAll(&self.events_committed, wakes);
        let done = worked?;
        lent.give_back();
        done
    }

    async fn lookup<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let mut lent = self.lend("read").await?;
        let done = until_deadline(work(lent.in_use())).await?;
        lent.give_back();
        done
    }

    /// A connection that died while it rested is found at BEGIN: nothing has been said yet, so the next one begins.
    async fn transaction<T, E, F>(&self, actor: Option<&str>, first: Option<&str>, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let begin = begin(actor, origin::current(), first);
        // As many as may have died, and one that is opened now.
        for _ in 0..=self.pool.options().get_max_connections() {
            let mut lent = self.lend("write").await?;
            let begun = match &begin {
                Some(begin) => until_deadline(lent.in_use().begin_with(AssertSqlSafe(begin.clone()))).await,
                None => until_deadline(lent.in_use().begin()).await,
            };
            let tx = match begun.and_then(|begun| begun.map_err(DatabaseError::from)) {
                Ok(tx) => tx,
                Err(DatabaseError::Unavailable(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let (done, ended) = self.carry_out(tx, work).await;
            if ended {
                lent.give_back();
            }
            return done;
        }
        Err(DatabaseError::Unavailable(None).into())
    }

    /// What `work` came to, and whether the transaction has ended.
    async fn carry_out<T, E, F>(&self, mut tx: Transaction<'_, Postgres>, work: F) -> (Result<T, E>, bool)
    where
        F: AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let (worked, wakes) = wakes::collected(until_deadline(work(&mut tx))).await;
        match worked {
            Ok(Ok(done)) => {
                // Also when this is dropped while the server commits.
                let _wake = WakeAll(&self.events_committed, wakes);
                // Not under the deadline: an interrupted COMMIT has an unknown outcome.
                match tx.commit().await {
                    Ok(()) => (Ok(done), true),
                    Err(error) => (Err(DatabaseError::from(error).into()), false),
                }
            }
            // Awaited, so that its locks are gone before the caller hears of the failure.
            Ok(Err(error)) => (Err(error), tx.rollback().await.is_ok()),
            Err(late) => (Err(late.into()), false),
        }
    }

    /// A connection for a unit of this kind. It is taken in a task of its own: when the caller gives up meanwhile, what
    /// was being opened is kept for the next unit. Otherwise a storm of calls that are cut short would throw away each
    /// connection before it is ready, and leave none.
    async fn lend(&self, kind: &'static str) -> Result<Lent, DatabaseError> {
        let waiting = Instant::now();
        let turn = self.turn().await?;
        metrics::histogram!("database_pool_wait_seconds").record(waiting.elapsed());
        let pool = self.pool.clone();
        let opening = tokio::spawn(async move {
            let connection = pool.acquire().await?;
            Ok(Lent::new(connection, turn, kind))
        });
        match until_deadline(opening).await? {
            Ok(_) if deadline::has_passed() => Err(DatabaseError::Timeout(None)),
            Ok(lent) => lent,
            Err(_shutting_down) => Err(DatabaseError::Unavailable(None)),
        }
    }

    /// As many turns as connections: waiting for a turn is free of side effects.
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

/// BEGIN as it says who acts, with which role and on what occasion, and what is done first; `None` where there is nothing of it.
fn begin(actor: Option<&str>, origin: Option<Origin>, first: Option<&str>) -> Option<String> {
    let origin = origin.unwrap_or_default();
    // The role is that of who calls, and not of the service where it does more than was asked for.
    let role = actor.map_or("", |_| origin.role);
    let settings = [
        ("actor", actor.unwrap_or_default()),
        ("role", role),
        ("cause", &origin.cause),
    ];
    let known = settings
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("; SET LOCAL muster.{name} = {}", literal(value)));
    let said: String = known.chain(first.map(|first| format!("; {first}"))).collect();
    (!said.is_empty()).then(|| format!("BEGIN{said}"))
}

/// BEGIN takes no parameters, so a value is quoted here: a quote is doubled, and nothing else ends a literal. It is one line.
fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''").replace(char::is_control, " "))
}

/// The error means that `work` was cut off in the middle.
async fn until_deadline<F: Future>(work: F) -> Result<F::Output, DatabaseError> {
    match deadline::current() {
        None => Ok(work.await),
        Some(deadline) => timeout_at(deadline, work)
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

/// Tells those whom the work wanted to wake, and the relay if it did, when it is dropped.
struct WakeAll<'a>(&'a Notify, Wakes);

impl Drop for WakeAll<'_> {
    fn drop(&mut self) {
        if self.1.relay {
            self.0.notify_one();
        }
        self.1.workers.iter().for_each(|wake| wake.notify_one());
    }
}

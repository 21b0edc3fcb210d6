//! The one session that stands for a process.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::{Instant, timeout};

use super::holder::Holder;

/// For a statement on a server that is there but slow.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a process has to be missing. One whose connection was cut notices at its next look, and is back before that.
const MISSING: Duration = Duration::from_millis(1500);

/// A host that is cut off in silence is given up by the server after some ten seconds instead of two hours.
const SET_UP: &str =
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3";
const FORGET: &str = "DELETE FROM lease_holders WHERE gone_time < now() - interval '1 day'";
/// The lock first: whoever reads the row may rely on it.
const LOCK: &str = "SELECT pg_backend_pid(), pg_try_advisory_lock($1)";
const REGISTER: &str = "INSERT INTO lease_holders (holder, token_prefix) VALUES ($1, $2)
    ON CONFLICT (holder) DO UPDATE SET token_prefix = excluded.token_prefix RETURNING gone_time IS NULL";
/// `pg_locks` is read after the rows: a process whose row is seen had its lock by then.
const LOOK: &str = "SELECT pg_backend_pid(), ARRAY(
    SELECT holder FROM lease_holders
     WHERE gone_time IS NULL AND holder <> $1 AND NOT EXISTS (
         SELECT FROM pg_locks
          WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32) | objid::bigint = holder))";
/// Only with the other's lock in hand: it cannot come back in between, and finds the mark when it tries afterwards.
const MARK_GONE: &str = "UPDATE lease_holders SET gone_time = now()
    WHERE holder = $1 AND gone_time IS NULL AND pg_try_advisory_xact_lock($1)";
const SAY_GOODBYE: &str = "UPDATE lease_holders SET gone_time = now() WHERE holder = $1";
const WITHDRAW: &str = "DELETE FROM lease_holders WHERE holder = $1";

/// What came of taking the holder's lock.
pub(super) enum Begun {
    Present(Session),
    /// Others had taken it for gone, or try to. It needs another number.
    TakenForGone,
}

/// What a look found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// How many are no longer missing: gone for good, or back.
    Others { settled: usize },
    /// The session is not this process's own: a pooler lends it to others between two transactions.
    Shared,
}

/// A session that holds the lock of this process.
pub(super) struct Session {
    connection: PgConnection,
    holder: Holder,
    backend: i32,
    /// Nobody is given up before: after a restart of the server all come back, one after the other.
    lenient_until: Instant,
    missing: BTreeMap<i64, Instant>,
}

impl Session {
    pub(super) async fn begin(
        pool: &PgPool,
        holder: Holder,
        leniency: Duration,
    ) -> Result<Begun, sqlx::Error> {
        let mut connection = pool.acquire().await?.detach();
        sqlx::raw_sql(SET_UP).execute(&mut connection).await?;
        sqlx::query(FORGET).execute(&mut connection).await?;
        let (backend, locked): (i32, bool) = sqlx::query_as(LOCK)
            .bind(holder.key())
            .fetch_one(&mut connection)
            .await?;
        if !locked || !register(&mut connection, holder).await? {
            connection.close().await?;
            return Ok(Begun::TakenForGone);
        }
        Ok(Begun::Present(Self {
            connection,
            holder,
            backend,
            lenient_until: Instant::now() + leniency,
            missing: BTreeMap::new(),
        }))
    }

    /// Looks who is missing, and marks as gone who has been missing for long. An error is the end of the session.
    pub(super) async fn look(&mut self) -> Result<Seen, sqlx::Error> {
        let asking = sqlx::query_as(LOOK)
            .bind(self.holder.key())
            .fetch_one(&mut self.connection);
        let (backend, missing): (i32, Vec<i64>) = in_time(asking).await?;
        if backend != self.backend {
            return Ok(Seen::Shared);
        }
        let before = self.missing.len();
        self.missing.retain(|holder, _| missing.contains(holder));
        let back = before - self.missing.len();
        let gone = self.give_up(&missing).await?;
        Ok(Seen::Others { settled: back + gone })
    }

    /// Marks as gone who has been missing for long, and tells how many those were.
    async fn give_up(&mut self, missing: &[i64]) -> Result<usize, sqlx::Error> {
        let (now, mut gone) = (Instant::now(), 0);
        for holder in missing {
            let since = *self.missing.entry(*holder).or_insert(now);
            if now >= self.lenient_until && now - since >= MISSING && self.mark_gone(*holder).await? {
                self.missing.remove(holder);
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// Whether this process was the first.
    async fn mark_gone(&mut self, holder: i64) -> Result<bool, sqlx::Error> {
        let marking = sqlx::query(MARK_GONE).bind(holder).execute(&mut self.connection);
        let marked = in_time(marking).await?.rows_affected() == 1;
        if marked {
            let holder = format!("{holder:015x}");
            tracing::info!(holder, "a process is gone; what it had claimed is free");
            metrics::counter!("muster_lease_holders_gone_total").increment(1);
        }
        Ok(marked)
    }

    /// What this process still holds is free at once.
    pub(super) async fn end(self) -> Result<(), sqlx::Error> {
        self.last_words(SAY_GOODBYE).await
    }

    /// Nobody is to look for a lock that lies in somebody else's session.
    pub(super) async fn withdraw(self) -> Result<(), sqlx::Error> {
        self.last_words(WITHDRAW).await
    }

    async fn last_words(mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let saying = sqlx::query(statement)
            .bind(self.holder.key())
            .execute(&mut self.connection);
        in_time(saying).await?;
        self.connection.close().await
    }
}

/// `false` when others have marked it as gone.
async fn register(connection: &mut PgConnection, holder: Holder) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(REGISTER)
        .bind(holder.key())
        .bind(holder.prefix())
        .fetch_one(connection)
        .await
}

async fn in_time<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(PATIENCE, statement)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

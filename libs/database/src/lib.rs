//! A service's own Postgres: units of work that leave nothing behind when they are cut off, deadlines that reach SQL, and
//! answers that are given once.
//!
//! - [`Database::write`] runs BEGIN … COMMIT, [`Database::write_at_once`] one statement that commits by itself;
//!   [`Database::read`] borrows one connection.
//! - [`Database::once`] and [`Database::once_prepared`] do the work of a request once (AIP-155).
//! - [`deadline`] carries a call's deadline to the statements it runs.
//! - [`origin`] carries what led to a change to what keeps a history of it.
//! - [`idempotency`] stores a request's answer in the transaction of its work.
//! - [`Database::be_present`] tells other processes that this one lives: a killed one holds no row ([`lease_is_free!`]).
//! - [`Together`] answers those together who ask at the same time.
//! - [`wake_after_commit`] wakes a worker for what a transaction has stored, [`wake_relay_after_commit`] the relay.
//! - [`migrate`] brings a database up to date, one process at a time; [`survey`] looks at one and changes nothing.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use muster_database::{Database, DatabaseError, DatabaseOptions};
//!
//! let database = Database::connect(DatabaseOptions::new("postgres://localhost/invitation"))?;
//! let id = uuid::Uuid::nil();
//! let cancelled = database
//!     .write(async |tx| {
//!         let done = sqlx::query("UPDATE invitation SET state = 'CANCELLED' WHERE invitation_id = $1")
//!             .bind(id)
//!             .execute(tx)
//!             .await?;
//!         Ok::<_, DatabaseError>(done.rows_affected() == 1)
//!     })
//!     .await?;
//! # let _ = cancelled; Ok(()) }
//! ```

pub mod deadline;
mod error;
pub mod idempotency;
mod insertion;
mod lent;
mod migration;
mod options;
pub mod origin;
mod presence;
mod session;
mod survey;
mod together;
mod unit;
mod wakes;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::{Notify, Semaphore};

pub use error::DatabaseError;
pub use insertion::Insertion;
pub use migration::{MigrationError, migrate, of_library};
pub use options::{DatabaseOptions, NotAUrl};
use presence::Presence;
pub use survey::{Survey, survey};
pub use together::Together;
pub use wakes::{wake_after_commit, wake_relay_after_commit};

/// A pool of connections to one service's database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    /// Apart from the pool: see [`Database::ping`].
    probe: PgPool,
    /// As many as the pool has connections: waiting for a turn is free of side effects, waiting for the pool is not.
    turns: Arc<Semaphore>,
    events_committed: Arc<Notify>,
    presence: Arc<Presence>,
    recalls: idempotency::Recalls,
}

/// How busy the pool is, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUsage {
    /// Connections lent out now.
    pub used: u32,
    /// Connections that wait for work.
    pub idle: u32,
    /// The most connections the pool opens.
    pub limit: u32,
}

impl Database {
    /// Makes the pool. Connections are opened when they are first needed, so a service starts (and says that it is
    /// not ready) while its database is away. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`NotAUrl`] when the URL cannot be read.
    pub fn connect(options: DatabaseOptions) -> Result<Self, NotAUrl> {
        let pool = session::pool(&options)?;
        let probe = session::probe(&options)?;
        let turns = Arc::new(Semaphore::new(options.pool as usize));
        Ok(Self {
            pool,
            probe,
            turns,
            events_committed: Arc::new(Notify::new()),
            presence: Arc::new(Presence::new()),
            recalls: idempotency::recalls(),
        })
    }

    /// Is notified once after each write that was to be committed and stored an event ([`wake_relay_after_commit`]), also when nobody
    /// knows what became of it: wakes the relay, which is the one waiter.
    #[must_use]
    pub fn events_committed(&self) -> Arc<Notify> {
        Arc::clone(&self.events_committed)
    }

    /// Asks the server for a sign of life, for the readiness check: over a connection of its own, because a pool that is
    /// busy is no database that is away.
    ///
    /// # Errors
    /// [`DatabaseError::Unavailable`] when no connection can be had, also when the server only allows reading.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        let mut connection = self.probe.acquire().await?;
        let asking = sqlx::raw_sql("SELECT 1").execute(&mut *connection);
        match tokio::time::timeout(session::ACQUIRE_LIMIT, asking).await {
            Ok(answered) => Ok(answered.map(drop)?),
            Err(_) => {
                connection.close_on_drop();
                Err(DatabaseError::Unavailable(None))
            }
        }
    }

    /// How many connections are in use.
    #[must_use]
    pub fn usage(&self) -> PoolUsage {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        let used = self.pool.size().saturating_sub(idle);
        PoolUsage {
            used,
            idle,
            limit: self.pool.options().get_max_connections(),
        }
    }

    /// Lets running units finish, then closes every connection. Later units answer
    /// [`DatabaseError::Unavailable`].
    pub async fn close(&self) {
        self.presence.end().await;
        self.probe.close().await;
        self.pool.close().await;
    }
}

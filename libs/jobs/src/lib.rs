//! Work that is due: found, done, and written down, by any number of replicas.
//!
//! A row of the domain usually is the queue already: an import that is approved, a delivery that waits. So there is no table
//! of payloads here, only the loop around it. There are three kinds:
//!
//! - [`Batch`]: rows that are due, done in one transaction that locks them (`FOR UPDATE SKIP LOCKED`). Nothing but the
//!   database takes part: what expires, what is to be reminded of, what ends today.
//! - [`Queue`]: rows that are claimed by a [`Lease`], worked on outside of any transaction, and settled: others are asked,
//!   or it takes long.
//! - [`Periodic`]: each hour, each night; by one replica at a time.
//!
//! [`Job`] makes a task of each for the shell: `App::job`. Tests take [`Worker::step`] or [`Batch::step`] instead of waiting.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use muster_clock::Clock;
//! # use muster_database::{Database, DatabaseError};
//! # use muster_jobs::{Batch, Job};
//! struct Expiry(Database, Clock);
//!
//! impl Batch for Expiry {
//!     const NAME: &'static str = "expiry";
//!     type Error = DatabaseError;
//!
//!     async fn step(&self) -> Result<usize, DatabaseError> {
//!         let now = self.1.now();
//!         self.0
//!             .write(async |tx| {
//!                 let due = "UPDATE offers SET state = 'EXPIRED' WHERE offer_id = ANY (ARRAY(
//!                     SELECT offer_id FROM offers WHERE state = 'OPEN' AND expire_time <= $1
//!                     ORDER BY expire_time LIMIT 100 FOR UPDATE SKIP LOCKED))";
//!                 let expired = sqlx::query(due).bind(now).execute(tx).await?;
//!                 Ok(usize::try_from(expired.rows_affected()).unwrap_or(usize::MAX))
//!             })
//!             .await
//!     }
//! }
//!
//! # fn example(database: Database, clock: Clock) {
//! let job = Job::batch(Expiry(database, clock));
//! # }
//! ```

mod batch;
mod idle;
mod lease;
mod measures;
mod periodic;
mod queue;
mod retries;
mod worker;

use std::fmt;
use std::sync::{Arc, LazyLock};

use futures::future::BoxFuture;
use muster_database::of_library;
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;

pub use batch::Batch;
pub use lease::{Lease, NOBODY};
pub use periodic::{Every, Periodic};
pub use queue::{Queue, Settled};
pub use retries::Retries;
pub use worker::Worker;

/// The table `periodic_jobs`, with versions of its own.
pub static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| of_library(sqlx::migrate!(), "_jobs_migrations"));

type Run = Arc<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// A job for the shell, which runs it until it stops, and again when it ends before.
#[derive(Clone)]
pub struct Job {
    name: &'static str,
    run: Run,
}

impl Job {
    /// Rows that are due, done in one transaction.
    #[must_use]
    pub fn batch<B: Batch>(batch: B) -> Self {
        let batch = Arc::new(batch);
        Self::new(B::NAME, move |shutdown| {
            Box::pin(batch::run(Arc::clone(&batch), shutdown))
        })
    }

    /// Rows that are claimed; `worker` is told to look by [`Worker::woken_by`], and looks by itself.
    #[must_use]
    pub fn queue<Q: Queue>(worker: Worker<Q>) -> Self {
        Self::new(Q::NAME, move |shutdown| Box::pin(worker.clone().run(shutdown)))
    }

    fn new(
        name: &'static str,
        run: impl Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            run: Arc::new(run),
        }
    }

    /// What it is called in logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Works until `shutdown`.
    pub fn run(&self, shutdown: CancellationToken) -> BoxFuture<'static, ()> {
        (self.run)(shutdown)
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.name).finish()
    }
}

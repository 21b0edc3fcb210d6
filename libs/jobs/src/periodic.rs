//! What is done again and again, by one replica at a time.

use std::error::Error;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError, lease_is_free};
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{Job, Lease, Queue, Retries, Settled, Worker};

/// What is done each so often, by one replica at a time: its row in `periodic_jobs` is claimed like any other. After a
/// failure it is tried again sooner.
pub trait Periodic: Send + Sync + 'static {
    /// What it is called in logs, in metrics and in `periodic_jobs`.
    const NAME: &'static str;
    /// How often, from one beginning to the next. What was missed is done once.
    const EVERY: Duration;
    /// Longer than it takes: then another replica may begin.
    const LIMIT: Duration = Duration::from_secs(10 * 60);
    /// Why it could not be done.
    type Error: Error + Send + Sync + 'static;

    /// Does it. It may be cut off at any moment, and is done again then.
    fn run(&self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

const SOONER: Retries = Retries {
    first: Duration::from_secs(10),
    cap: Duration::from_secs(60 * 60),
    max_failures: u32::MAX,
};
const LONGEST_POLL: Duration = Duration::from_secs(10);

const INTRODUCE: &str =
    "INSERT INTO periodic_jobs (name, due_time) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const CLAIM: &str = concat!(
    "UPDATE periodic_jobs SET lease_token = $2, lease_until = $3
     WHERE name = (SELECT name FROM periodic_jobs WHERE name = $1 AND due_time <= $4 AND ",
    lease_is_free!("$4"),
    " FOR UPDATE SKIP LOCKED) RETURNING failures"
);
const SETTLE: &str =
    "UPDATE periodic_jobs SET due_time = $3, failures = $4, lease_token = NULL, lease_until = NULL
     WHERE name = $1 AND lease_token = $2";

/// A [`Periodic`] as a queue of one row.
pub struct Every<P> {
    work: P,
    database: Database,
    clock: Clock,
    introduced: OnceCell<()>,
}

/// It is due, and ours.
#[derive(Debug)]
pub struct Turn {
    lease: Lease,
    begin_time: OffsetDateTime,
    failures: u32,
}

impl<P: Periodic> Every<P> {
    /// A worker of it.
    #[must_use]
    pub fn worker(database: &Database, clock: &Clock, work: P) -> Worker<Self> {
        let every = Self {
            work,
            database: database.clone(),
            clock: clock.clone(),
            introduced: OnceCell::new(),
        };
        Worker::new(database.clone(), clock.clone(), every)
    }

    async fn introduce(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let introducing = self.database.read(async |connection| {
            let introduction = sqlx::query(INTRODUCE).bind(P::NAME).bind(now);
            introduction.execute(connection).await?;
            Ok(())
        });
        introducing.await
    }

    /// When it is due again.
    fn next(&self, turn: &Turn, failures: u32) -> OffsetDateTime {
        let now = self.clock.now();
        match failures {
            0 => now.max(turn.begin_time + P::EVERY),
            failures => now + SOONER.wait(failures).min(P::EVERY),
        }
    }
}

impl<P: Periodic> Queue for Every<P> {
    const NAME: &'static str = P::NAME;
    type Item = Turn;
    /// Whether it was done.
    type Outcome = bool;
    type Error = DatabaseError;

    fn lease(&self) -> Duration {
        P::LIMIT
    }

    fn poll(&self) -> Duration {
        (P::EVERY / 2).min(LONGEST_POLL)
    }

    async fn claim(&self, lease: Lease, _: usize) -> Result<Vec<Turn>, DatabaseError> {
        self.introduced.get_or_try_init(|| self.introduce()).await?;
        let begin_time = self.clock.now();
        // One statement: no transaction, and nobody to wake.
        let claimed: Result<Option<i32>, DatabaseError> = self
            .database
            .read(async |connection| {
                let claim = sqlx::query_scalar(CLAIM)
                    .bind(P::NAME)
                    .bind(lease.token)
                    .bind(lease.until)
                    .bind(begin_time);
                Ok(claim.fetch_optional(connection).await?)
            })
            .await;
        let turn = claimed?.map(|failures| Turn {
            lease,
            begin_time,
            failures: failures.unsigned_abs(),
        });
        Ok(turn.into_iter().collect())
    }

    /// A little less than its lease: before another replica begins, this one has ended.
    async fn run(&self, _: &Turn, _: &CancellationToken) -> bool {
        match tokio::time::timeout(P::LIMIT * 9 / 10, self.work.run()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(
                    job = P::NAME,
                    error = &error as &dyn Error,
                    "a periodic job failed"
                );
                false
            }
            Err(_) => {
                tracing::warn!(job = P::NAME, "a periodic job took too long");
                false
            }
        }
    }

    async fn settle(&self, turn: &Turn, done: &bool) -> Result<Settled, DatabaseError> {
        let failures = if *done { 0 } else { turn.failures.saturating_add(1) };
        let next = self.next(turn, failures);
        let settling = self.database.read(async |connection| {
            let settle = sqlx::query(SETTLE)
                .bind(P::NAME)
                .bind(turn.lease.token)
                .bind(next)
                .bind(i32::try_from(failures).unwrap_or(i32::MAX));
            Ok::<_, DatabaseError>(settle.execute(connection).await?.rows_affected())
        });
        Ok(match settling.await? {
            0 => Settled::LeaseLost,
            _ if *done => Settled::Done,
            _ => Settled::Again,
        })
    }
}

impl Job {
    /// What is done each so often, by one replica at a time.
    #[must_use]
    pub fn every<P: Periodic>(database: &Database, clock: &Clock, work: P) -> Self {
        Self::queue(Every::worker(database, clock, work))
    }
}

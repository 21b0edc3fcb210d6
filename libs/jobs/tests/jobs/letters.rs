//! A queue as a service has one: letters that are to be carried.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError, lease_is_free};
use muster_jobs::{Lease, NOBODY, Queue, Retries, Settled, Worker};
use muster_testkit::TestDatabase;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

const TABLE: &str = "
    CREATE TABLE letters (id integer PRIMARY KEY, state text NOT NULL DEFAULT 'WAITING', failures integer NOT NULL DEFAULT 0,
        carried integer NOT NULL DEFAULT 0, lease_token uuid, lease_until timestamptz);";

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let table = TABLE.into_sql_str();
    Migrator::with_migrations(vec![Migration::new(
        1,
        "own".into(),
        MigrationType::Simple,
        table,
        false,
    )])
});

const CLAIM: &str = concat!(
    "UPDATE letters SET lease_token = $1, lease_until = $2 WHERE id = ANY (ARRAY(
         SELECT id FROM letters WHERE state = 'WAITING' AND ",
    lease_is_free!("$3"),
    "    ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)) RETURNING id, failures"
);

const RETRIES: Retries = Retries {
    first: Duration::from_secs(5),
    cap: Duration::from_secs(60),
    max_failures: 3,
};

pub(crate) async fn with_letters(letters: i32) -> TestDatabase {
    let test = TestDatabase::new(&MIGRATOR, "letters").await;
    sqlx::query("INSERT INTO letters (id) SELECT generate_series(1, $1)")
        .bind(letters)
        .execute(&mut test.connection().await)
        .await
        .unwrap();
    test
}

pub(crate) struct Letter {
    id: i32,
    failures: u32,
    lease: Lease,
}

/// How the carrying goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Clear,
    Blocked,
    /// It takes until the worker dies.
    Endless,
}

/// Carries letters.
pub(crate) struct Letters {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) way: Way,
    pub(crate) at_once: usize,
    pub(crate) settles_apart: bool,
    pub(crate) poll: Duration,
    /// How many times settling fails before it works.
    pub(crate) troubles: Arc<AtomicU32>,
}

impl Letters {
    pub(crate) fn on(database: Database, clock: &Clock) -> Self {
        Self {
            database,
            clock: clock.clone(),
            way: Way::Clear,
            at_once: 4,
            settles_apart: false,
            poll: Duration::from_millis(50),
            troubles: Arc::default(),
        }
    }

    pub(crate) fn worker(self) -> Worker<Self> {
        Worker::new(self.database.clone(), self.clock.clone(), self)
    }

    /// One statement with the right of the letter's lease.
    async fn write(
        &self,
        statement: &'static str,
        letter: &Letter,
        until: OffsetDateTime,
    ) -> Result<u64, DatabaseError> {
        let writing = self.database.read(async |connection| {
            let query = sqlx::query(statement).bind(letter.id).bind(letter.lease.token);
            Ok::<_, DatabaseError>(
                query
                    .bind(until)
                    .bind(NOBODY)
                    .execute(connection)
                    .await?
                    .rows_affected(),
            )
        });
        writing.await
    }
}

impl Queue for Letters {
    const NAME: &'static str = "letters";
    type Item = Letter;
    type Outcome = bool;
    type Error = DatabaseError;

    fn lease(&self) -> Duration {
        // Nobody waits for the end of it here.
        Duration::from_secs(60 * 60)
    }

    fn poll(&self) -> Duration {
        self.poll
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn settles_apart(&self) -> bool {
        self.settles_apart
    }

    async fn claim(&self, lease: Lease, limit: usize) -> Result<Vec<Letter>, DatabaseError> {
        let now = self.clock.now();
        let claimed: Result<Vec<(i32, i32)>, DatabaseError> = self
            .database
            .read(async |connection| {
                let claim = sqlx::query_as(CLAIM)
                    .bind(lease.token)
                    .bind(lease.until)
                    .bind(now);
                Ok(claim
                    .bind(i64::try_from(limit).unwrap())
                    .fetch_all(connection)
                    .await?)
            })
            .await;
        let letter = |(id, failures): (i32, i32)| Letter {
            id,
            failures: failures.unsigned_abs(),
            lease,
        };
        Ok(claimed?.into_iter().map(letter).collect())
    }

    async fn run(&self, _: &Letter, _: &CancellationToken) -> bool {
        match self.way {
            Way::Clear => tokio::time::sleep(Duration::from_millis(5)).await,
            Way::Blocked => {}
            Way::Endless => std::future::pending().await,
        }
        self.way != Way::Blocked
    }

    async fn settle(&self, letter: &Letter, carried: &bool) -> Result<Settled, DatabaseError> {
        let troubles = self.troubles.load(Ordering::SeqCst);
        if troubles > 0 {
            self.troubles.store(troubles - 1, Ordering::SeqCst);
            return Err(DatabaseError::Unavailable(None));
        }
        let (now, wait) = (self.clock.now(), RETRIES.after(letter.failures + 1));
        let (statement, until, settled) = match (carried, wait) {
            (true, _) => (
                "UPDATE letters SET state = 'CARRIED', carried = carried + 1, lease_token = NULLIF($4, $4),
                     lease_until = NULLIF($3, $3) WHERE id = $1 AND lease_token = $2",
                now,
                Settled::Done,
            ),
            (false, Some(wait)) => (
                "UPDATE letters SET failures = failures + 1, lease_token = $4, lease_until = $3
                 WHERE id = $1 AND lease_token = $2",
                now + wait,
                Settled::Again,
            ),
            (false, None) => (
                "UPDATE letters SET state = 'LOST', lease_token = NULLIF($4, $4), lease_until = NULLIF($3, $3)
                 WHERE id = $1 AND lease_token = $2",
                now,
                Settled::GivenUp,
            ),
        };
        let stored = self.write(statement, letter, until).await?;
        Ok(if stored == 1 { settled } else { Settled::LeaseLost })
    }
}

//! What is done each so often, by one replica at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_jobs::{Every, Periodic};
use muster_testkit::{TestDatabase, eventually};
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;

use crate::letters::NOW;
use crate::process::Process;

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Default)]
struct Rounds {
    begun: Arc<AtomicU32>,
    failing: bool,
    endless: bool,
}

impl Periodic for Rounds {
    const NAME: &'static str = "rounds";
    const EVERY: Duration = HOUR;
    type Error = DatabaseError;

    async fn run(&self) -> Result<(), DatabaseError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.endless {
            std::future::pending::<()>().await;
        }
        if self.failing {
            return Err(DatabaseError::Unavailable(None));
        }
        Ok(())
    }
}

async fn database() -> TestDatabase {
    TestDatabase::new(&Migrator::DEFAULT, "rounds").await
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_do_it_once_a_period() {
    let (test, clock, rounds) = (database().await, Clock::fixed(NOW), Rounds::default());
    let replica = || Every::worker(&test.database(), &clock, rounds.clone());
    let (one, other) = (replica(), replica());
    let step_both = async || {
        let (one, other) = tokio::join!(one.step(), other.step());
        one.unwrap().len() + other.unwrap().len()
    };
    assert_eq!(step_both().await, 1);
    clock.advance(HOUR - SECOND);
    assert_eq!(step_both().await, 0);
    clock.advance(SECOND);
    assert_eq!(step_both().await, 1);
    // What was missed is done once.
    clock.advance(HOUR * 50);
    assert_eq!(step_both().await, 1);
    assert_eq!(step_both().await, 0);
    assert_eq!(rounds.begun.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_done_again_sooner() {
    let (test, clock) = (database().await, Clock::fixed(NOW));
    let failing = Rounds {
        failing: true,
        ..Rounds::default()
    };
    let worker = Every::worker(&test.database(), &clock, failing);
    for wait in [10, 20, 40] {
        assert_eq!(worker.step().await.unwrap(), [false]);
        clock.advance(SECOND * (wait - 1));
        assert!(worker.step().await.unwrap().is_empty());
        clock.advance(SECOND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_replica_does_it_when_the_one_that_began_is_killed() {
    let (test, clock) = (database().await, Clock::fixed(NOW));
    let (doomed, heir) = (Process::start(&test).await, Process::start(&test).await);
    let endless = Rounds {
        endless: true,
        ..Rounds::default()
    };
    doomed.spawn(Every::worker(&doomed.database(), &clock, endless.clone()).run(CancellationToken::new()));
    eventually(async || endless.begun.load(Ordering::SeqCst) == 1).await;
    let rounds = Rounds::default();
    heir.spawn(Every::worker(&heir.database(), &clock, rounds.clone()).run(CancellationToken::new()));
    doomed.kill();
    eventually(async || rounds.begun.load(Ordering::SeqCst) == 1).await;
}

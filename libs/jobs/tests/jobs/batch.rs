//! Rows that are due, done in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use muster_database::DatabaseError;
use muster_jobs::{Batch, Job};
use muster_testkit::eventually;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Has so many things to do, of which the first attempt fails.
struct Chores {
    left: Arc<AtomicUsize>,
    looks: Arc<AtomicUsize>,
}

impl Batch for Chores {
    const NAME: &'static str = "chores";
    const POLL: Duration = Duration::from_millis(20);
    type Error = DatabaseError;

    async fn step(&self) -> Result<usize, DatabaseError> {
        if self.looks.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(DatabaseError::Unavailable(None));
        }
        let done = self.left.load(Ordering::SeqCst).min(10);
        self.left.fetch_sub(done, Ordering::SeqCst);
        Ok(done)
    }
}

#[tokio::test]
async fn a_batch_is_done_until_nothing_is_due_and_looked_for_again() {
    let (left, looks): (Arc<AtomicUsize>, Arc<AtomicUsize>) = (Arc::new(35.into()), Arc::default());
    let job = Job::batch(Chores {
        left: Arc::clone(&left),
        looks: Arc::clone(&looks),
    });
    assert_eq!(job.name(), "chores");
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(job.run(shutdown.clone()));
    eventually(async || left.load(Ordering::SeqCst) == 0).await;
    left.store(5, Ordering::SeqCst);
    eventually(async || left.load(Ordering::SeqCst) == 0).await;
    shutdown.cancel();
    running.await.unwrap();
    assert!(looks.load(Ordering::SeqCst) >= 7);
}

/// Looks again only when a process is gone.
struct Leftovers {
    looks: Arc<AtomicUsize>,
    freed: watch::Receiver<()>,
}

impl Batch for Leftovers {
    const NAME: &'static str = "leftovers";
    const POLL: Duration = Duration::from_secs(60 * 60);
    type Error = DatabaseError;

    async fn step(&self) -> Result<usize, DatabaseError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        Ok(0)
    }

    fn freed(&self) -> Option<watch::Receiver<()>> {
        Some(self.freed.clone())
    }
}

#[tokio::test]
async fn what_a_process_left_behind_is_looked_for_when_it_is_gone() {
    let (gone, freed) = watch::channel(());
    let looks: Arc<AtomicUsize> = Arc::default();
    let job = Job::batch(Leftovers {
        looks: Arc::clone(&looks),
        freed,
    });
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(job.run(shutdown.clone()));
    for seen in 1..4 {
        eventually(async || looks.load(Ordering::SeqCst) == seen).await;
        gone.send_replace(());
    }
    // Without whoever tells, it is the poll alone.
    drop(gone);
    shutdown.cancel();
    running.await.unwrap();
}

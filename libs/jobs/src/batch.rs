//! Rows that are due, done in one transaction.

use std::error::Error;
use std::future;
use std::sync::Arc;
use std::time::Duration;

use muster_database::origin::{self, Origin};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::idle::Idle;
use crate::measures;

/// Rows that are due, done in the transaction that locks them: `FOR UPDATE SKIP LOCKED`, so that replicas share them.
pub trait Batch: Send + Sync + 'static {
    /// What it is called in logs and metrics.
    const NAME: &'static str;
    /// How often to look.
    const POLL: Duration = Duration::from_secs(1);
    /// Why nothing was done; it is tried again.
    type Error: Error + Send + Sync;

    /// Does some, few enough for one transaction, and tells how many they were. It is called again at once unless there
    /// were none.
    fn step(&self) -> impl Future<Output = Result<usize, Self::Error>> + Send;

    /// [`Database::freed`](muster_database::Database::freed), where rows are due that nobody holds any more: it looks at once
    /// when a process is gone.
    fn freed(&self) -> Option<watch::Receiver<()>> {
        None
    }
}

pub(crate) async fn run<B: Batch>(batch: Arc<B>, shutdown: CancellationToken) {
    let (mut idle, mut freed) = (Idle::new(B::POLL), batch.freed());
    while !shutdown.is_cancelled() {
        let started = Instant::now();
        let step = origin::scope(Origin::job(B::NAME), batch.step());
        let wait = match step.await {
            Ok(0) => idle.after(false),
            Ok(_) => {
                measures::ran(B::NAME, "done", started.elapsed());
                continue;
            }
            Err(error) => {
                complain(B::NAME, &error);
                idle.after_failure()
            }
        };
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = changed(&mut freed) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Never, without anything that may change.
async fn changed(freed: &mut Option<watch::Receiver<()>>) {
    let changed = match freed {
        Some(freed) => freed.changed().await.is_ok(),
        None => false,
    };
    if !changed {
        future::pending().await
    }
}

/// What is due waits.
pub(crate) fn complain(job: &'static str, error: &(impl Error + 'static)) {
    tracing::warn!(
        job,
        error = error as &dyn Error,
        "a job cannot look for what is due"
    );
    measures::look_failed(job);
}

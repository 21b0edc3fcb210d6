//! What every service sweeps away, by one replica at a time.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError, idempotency};
use muster_jobs::{Job, Periodic};
use muster_messaging::sweep;

use crate::Shell;

/// Answers to requests that nobody repeats any more.
struct Answers(Database, Clock);

impl Periodic for Answers {
    const NAME: &'static str = "sweep-answers";
    const EVERY: Duration = Duration::from_secs(5 * 60);
    type Error = DatabaseError;

    async fn run(&self) -> Result<(), DatabaseError> {
        let deleted = idempotency::sweep_once(&self.0, self.1.now()).await?;
        tracing::debug!(deleted, "old answers deleted");
        Ok(())
    }
}

/// Messages that were published or applied long ago.
struct Messages(Database);

impl Periodic for Messages {
    const NAME: &'static str = "sweep-messages";
    const EVERY: Duration = Duration::from_secs(10 * 60);
    type Error = DatabaseError;

    async fn run(&self) -> Result<(), DatabaseError> {
        sweep::sweep(&self.0).await
    }
}

pub(crate) fn jobs(Shell { database, clock, .. }: &Shell) -> [Job; 2] {
    [
        Job::every(database, clock, Answers(database.clone(), clock.clone())),
        Job::every(database, clock, Messages(database.clone())),
    ]
}

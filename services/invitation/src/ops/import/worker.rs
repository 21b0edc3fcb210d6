//! The import worker: one import after the other, resumed where a killed one stopped.

mod preview;

use std::time::Duration;

use muster_jobs::{Lease, Queue, Retries, Settled};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::{LEASE, apply};
use crate::context::Context;
use crate::error::Error;
use crate::store::import::claim::{self, Job, Task};

/// How long an import waits that could not go on; after a failure that time alone does not mend twice as long each time,
/// until it is given up.
const RETRIES: Retries = Retries {
    first: Duration::from_secs(5),
    cap: Duration::from_secs(60 * 60),
    max_failures: 8,
};

/// Imports that wait for their preview, or to be applied.
pub(crate) struct Imports(pub(crate) Context);

impl Queue for Imports {
    const NAME: &'static str = "import-worker";
    type Item = Job;
    type Outcome = Result<(), Error>;
    type Error = Error;

    fn lease(&self) -> Duration {
        LEASE
    }

    async fn claim(&self, lease: Lease, _: usize) -> Result<Vec<Job>, Error> {
        let now = self.0.clock.now();
        let claiming = self
            .0
            .database
            .write(async |tx| claim::claim(tx, lease, now).await);
        Ok(claiming.await?.into_iter().collect())
    }

    /// Until it is done, or cannot go on, or it is another import's turn, or time to stop.
    async fn run(&self, job: &Job, stop: &CancellationToken) -> Result<(), Error> {
        match &job.task {
            Task::Preview => preview::make_again(&self.0, job).await,
            Task::Apply(approval) => apply::apply(&self.0, job, approval, stop).await,
        }
    }

    /// Leaves an import that cannot go on to a later try, or gives it up; whatever is broken, others need not wait for it.
    async fn settle(&self, job: &Job, done: &Result<(), Error>) -> Result<Settled, Error> {
        let Err(error) = done else {
            return Ok(Settled::Done);
        };
        report(job, error);
        let now = self.0.clock.now();
        let settling = self
            .0
            .database
            .write(async |tx| put_down(tx, job, error, now).await);
        settling.await
    }
}

async fn put_down(
    tx: &mut PgConnection,
    job: &Job,
    error: &Error,
    now: OffsetDateTime,
) -> Result<Settled, Error> {
    let wait = if error.is_transient() {
        Some(RETRIES.first)
    } else {
        let Some(failures) = claim::count_failure(tx, job).await? else {
            return Ok(Settled::LeaseLost);
        };
        RETRIES.after(failures)
    };
    let (stored, settled) = match wait {
        Some(wait) => (claim::postpone(tx, job, now + wait).await?, Settled::Again),
        None => (
            claim::fail(tx, job, now, &error.to_string()).await?,
            Settled::GivenUp,
        ),
    };
    Ok(if stored { settled } else { Settled::LeaseLost })
}

fn report(job: &Job, error: &Error) {
    let cause = error as &dyn std::error::Error;
    if error.is_transient() {
        tracing::warn!(import = %job.import, error = cause, "an import waits");
    } else {
        tracing::error!(import = %job.import, error = cause, "an import cannot go on");
    }
}

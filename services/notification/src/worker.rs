//! The mail worker: sends what is due, some at a time, and recovers what others left behind.

mod attempt;
mod books;
mod mails;
mod pace;
mod prefetch;
mod recovery;
mod turns;

use std::sync::Arc;

use muster_jobs::{Batch, Job};
use muster_server::Failure;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::domain::Outcome;
use mails::Mails;
use recovery::Recovery;

/// Sends what is due, some at a time. Any number of them may run on one database.
#[derive(Clone)]
pub struct Worker {
    context: Context,
    wake: Arc<Notify>,
    at_once: usize,
}

impl Worker {
    /// Sends at most `at_once` messages at the same time; `wake` tells that something new may be there.
    #[must_use]
    pub fn new(context: Context, wake: Arc<Notify>, at_once: usize) -> Self {
        Self {
            context,
            wake,
            at_once,
        }
    }

    /// Sends what is due until `shutdown`; then gives back what has not been handed over. Replies that do not come in time
    /// make their messages ambiguous.
    pub async fn run(self, shutdown: CancellationToken) {
        let smtp = Arc::clone(&self.context.smtp);
        let recovering = Job::batch(Recovery(self.context.clone()));
        let sending = self.on(Mails::paced(self.context.clone(), self.at_once));
        let sending = sending.woken_by(self.wake);
        tokio::join!(sending.run(shutdown.clone()), recovering.run(shutdown));
        smtp.close().await;
    }

    /// Tries everything that is due now, and answers what came of it: for tests, which step the worker.
    ///
    /// # Errors
    /// The database's, when it cannot be asked what is due.
    pub async fn step(&self) -> Result<Vec<Outcome>, Failure> {
        let recovery = Recovery(self.context.clone());
        while recovery.step().await? > 0 {}
        let mails = Mails::unpaced(self.context.clone(), self.at_once);
        let attempted = self.on(mails).step().await?;
        Ok(attempted.into_iter().map(|attempted| attempted.outcome).collect())
    }

    fn on(&self, mails: Mails) -> muster_jobs::Worker<Mails> {
        muster_jobs::Worker::new(self.context.database.clone(), self.context.clock.clone(), mails)
    }
}

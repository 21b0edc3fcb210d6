//! The mail worker: finds what is due and keeps a number of attempts going.

mod ahead;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use muster_database::DatabaseError;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::domain::Outcome;
use crate::mails::Purpose;
use crate::measures;
use crate::ops::send::Mailer;
use crate::ops::{claim, recover};
use crate::store::{self, Claimed};
use ahead::Ahead;
use pace::{Idle, Owners, Reach};

/// How often to look for dead workers' deliveries, and at the backlog.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long attempts whose message has been handed over may wait for their reply when the service stops. What is lost
/// then is ambiguous.
const LAST_REPLIES: Duration = Duration::from_secs(2);

/// Sends what is due, some at a time. Any number of them may run on one database.
#[derive(Clone)]
pub struct Worker {
    mailer: Arc<Mailer>,
    wake: Arc<Notify>,
    at_once: usize,
}

impl Worker {
    /// Sends at most `at_once` messages at the same time; `wake` tells that something new may be there.
    #[must_use]
    pub fn new(mailer: Arc<Mailer>, wake: Arc<Notify>, at_once: usize) -> Self {
        Self {
            mailer,
            wake,
            at_once,
        }
    }

    /// Sends what is due until `shutdown`; then gives back what has not been handed over.
    pub async fn run(self, shutdown: CancellationToken) {
        tracing::info!(at_once = self.at_once, "mail worker started");
        let (mut attempts, mut idle) = (JoinSet::new(), Idle::default());
        let (mut reach, mut owners) = (Reach::default(), Owners::default());
        let mut checked: Option<Instant> = None;
        // Begun later, an attempt could outlast its lease: it may take a third of it before the dot.
        let mut ahead = Ahead::new(self.mailer.timing.lease / 3);
        while !shutdown.is_cancelled() {
            if checked.is_none_or(|at| at.elapsed() >= CHECK_EVERY) {
                self.check().await;
                checked = Some(Instant::now());
            }
            let most = reach.limit(self.at_once);
            let is_well = most == self.at_once && owners.all_answer();
            if !is_well || ahead.is_stale() {
                self.give_back(&mut attempts, &mut ahead);
            }
            let free = most.saturating_sub(attempts.len());
            let more = if is_well { self.at_once } else { 0 };
            let begun = (free, more);
            let found = self
                .start(&mut attempts, &mut ahead, begun, (&owners, &shutdown))
                .await;
            if free > 0 {
                self.probe(&mut attempts, &mut owners, &shutdown).await;
            }
            measures::sending(attempts.len());
            let wait = idle.after(found);
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                Some(ended) = attempts.join_next() => learn(&mut reach, &mut owners, ended.ok()),
                () = self.wake.notified() => idle.woken(),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(ended) = attempts.try_join_next() {
                learn(&mut reach, &mut owners, ended.ok());
            }
        }
        self.give_back(&mut attempts, &mut ahead);
        drop(
            timeout(LAST_REPLIES, async {
                while attempts.join_next().await.is_some() {}
            })
            .await,
        );
        self.mailer.smtp.close().await;
        tracing::info!("mail worker stopped");
    }

    /// Tries everything that is due now, and answers what came of it: for tests, which step the worker.
    ///
    /// # Errors
    /// The database's, when it cannot be asked what is due.
    pub async fn step(&self) -> Result<Vec<Outcome>, DatabaseError> {
        self.recover().await?;
        let mut outcomes = Vec::new();
        let mut attempts = JoinSet::new();
        let (stop, mut due) = (
            CancellationToken::new(),
            self.claim(self.at_once, &Purpose::ALL).await?,
        );
        while !due.is_empty() {
            self.spawn(&mut attempts, due, &stop);
            let ended = std::mem::take(&mut attempts).join_all().await;
            outcomes.extend(ended.into_iter().map(|ended: Ended| ended.outcome));
            due = self.claim(self.at_once, &Purpose::ALL).await?;
        }
        Ok(outcomes)
    }

    /// Begins at most `free` attempts, and claims `more` ahead when it has to claim. Whether it found any.
    async fn start(
        &self,
        attempts: &mut JoinSet<Ended>,
        ahead: &mut Ahead,
        (free, more): (usize, usize),
        (owners, stop): (&Owners, &CancellationToken),
    ) -> bool {
        if free == 0 {
            return false;
        }
        if ahead.is_empty() {
            let due = self.claim(free + more, &owners.answering()).await;
            ahead.put(due.unwrap_or_else(|error| complain(&error, "looking for mail that is due")));
        }
        let due: Vec<Claimed> = std::iter::from_fn(|| ahead.next()).take(free).collect();
        let found = !due.is_empty();
        self.spawn(attempts, due, stop);
        found
    }

    /// Begins one attempt for each owner that did not answer and is to be asked again.
    async fn probe(&self, attempts: &mut JoinSet<Ended>, owners: &mut Owners, stop: &CancellationToken) {
        for purposes in owners.probe_due() {
            let due = self.claim(1, &purposes).await;
            let due = due.unwrap_or_else(|error| complain(&error, "looking for mail to ask about"));
            if due.is_empty() {
                owners.nothing_to_ask(&purposes);
            }
            self.spawn(attempts, due, stop);
        }
    }

    /// Lets go of what was claimed ahead: an attempt that is stopped before it begins goes back to the queue.
    fn give_back(&self, attempts: &mut JoinSet<Ended>, ahead: &mut Ahead) {
        let stopped = CancellationToken::new();
        stopped.cancel();
        let waiting = std::iter::from_fn(|| ahead.next()).collect();
        self.spawn(attempts, waiting, &stopped);
    }

    fn spawn(&self, attempts: &mut JoinSet<Ended>, due: Vec<Claimed>, stop: &CancellationToken) {
        for claimed in due {
            let (mailer, stop) = (Arc::clone(&self.mailer), stop.clone());
            let owner = claimed.request.purpose.spec().owner;
            attempts.spawn(async move {
                let outcome = mailer.send(claimed, &stop).await;
                Ended { owner, outcome }
            });
        }
    }

    async fn claim(&self, limit: usize, purposes: &[Purpose]) -> Result<Vec<Claimed>, DatabaseError> {
        let Mailer {
            database,
            clock,
            timing,
            ..
        } = &*self.mailer;
        claim::claim(database, clock, (limit, purposes), timing.lease).await
    }

    async fn check(&self) {
        let recovered = self.recover().await;
        recovered.unwrap_or_else(|error| complain(&error, "recovering mail"));
        let now = self.mailer.clock.now();
        let counted: Result<_, DatabaseError> = self
            .mailer
            .database
            .read_boxed(move |connection| Box::pin(store::backlog(connection, now)))
            .await;
        match counted {
            Ok(backlog) => measures::backlog(&backlog),
            Err(error) => complain(&error, "counting the mail that waits"),
        }
    }

    async fn recover(&self) -> Result<(), DatabaseError> {
        let Mailer {
            database,
            clock,
            timing,
            ..
        } = &*self.mailer;
        while recover::recover(database, clock, timing.resend_after).await? > 0 {}
        Ok(())
    }
}

/// How an attempt ended, at a mail of which owner.
struct Ended {
    owner: &'static str,
    outcome: Outcome,
}

/// Takes notice of how an attempt ended; `None` for one that crashed.
fn learn(reach: &mut Reach, owners: &mut Owners, ended: Option<Ended>) {
    reach.learn(ended.as_ref().map(|ended| &ended.outcome));
    if let Some(Ended { owner, outcome }) = &ended {
        owners.learn(owner, outcome);
    }
}

/// The database is away: the loop comes round again.
fn complain<T: Default>(error: &DatabaseError, doing: &'static str) -> T {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        doing,
        "the mail worker is held up"
    );
    T::default()
}

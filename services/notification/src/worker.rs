//! The mail worker: finds what is due and keeps a number of attempts going.

mod attempt;
mod pace;
mod prefetch;

use std::sync::Arc;
use std::time::Duration;

use muster_server::Failure;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::domain::{Claimed, Outcome};
use crate::mails::Purpose;
use crate::measures;
use crate::ops::delivery::{claim, recover};
use crate::store::delivery;
use pace::{Idle, Reach, Sources};
use prefetch::Prefetch;

/// How often to look for dead workers' deliveries, and at the backlog.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long attempts whose message has been handed over may wait for their reply when the service stops. What is lost
/// then is ambiguous.
const LAST_REPLIES: Duration = Duration::from_secs(2);

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

    /// Sends what is due until `shutdown`; then gives back what has not been handed over.
    pub async fn run(self, shutdown: CancellationToken) {
        tracing::info!(at_once = self.at_once, "mail worker started");
        let (mut attempts, mut idle) = (JoinSet::new(), Idle::default());
        let (mut reach, mut sources) = (Reach::default(), Sources::default());
        let mut checked: Option<Instant> = None;
        // Begun later, an attempt could outlast its lease: it may take a third of it before the dot.
        let mut prefetch = Prefetch::new(self.context.timing.before_dot());
        while !shutdown.is_cancelled() {
            if checked.is_none_or(|at| at.elapsed() >= CHECK_EVERY) {
                self.check().await;
                checked = Some(Instant::now());
            }
            let most = reach.limit(self.at_once);
            let is_well = most == self.at_once && sources.all_answer();
            if !is_well || prefetch.is_stale() {
                self.give_back(&mut attempts, &mut prefetch);
            }
            let free = most.saturating_sub(attempts.len());
            let more = if is_well { self.at_once } else { 0 };
            let begun = (free, more);
            let found = self
                .start(&mut attempts, &mut prefetch, begun, (&sources, &shutdown))
                .await;
            if free > 0 {
                self.probe(&mut attempts, &mut sources, &shutdown).await;
            }
            measures::sending(attempts.len());
            let wait = idle.after(found);
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                Some(ended) = attempts.join_next() => learn(&mut reach, &mut sources, ended.ok()),
                () = self.wake.notified() => idle.woken(),
                () = tokio::time::sleep(wait) => {}
            }
            while let Some(ended) = attempts.try_join_next() {
                learn(&mut reach, &mut sources, ended.ok());
            }
        }
        self.give_back(&mut attempts, &mut prefetch);
        drop(
            timeout(LAST_REPLIES, async {
                while attempts.join_next().await.is_some() {}
            })
            .await,
        );
        self.context.smtp.close().await;
        tracing::info!("mail worker stopped");
    }

    /// Tries everything that is due now, and answers what came of it: for tests, which step the worker.
    ///
    /// # Errors
    /// The database's, when it cannot be asked what is due.
    pub async fn step(&self) -> Result<Vec<Outcome>, Failure> {
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
        prefetch: &mut Prefetch,
        (free, more): (usize, usize),
        (sources, stop): (&Sources, &CancellationToken),
    ) -> bool {
        if free == 0 {
            return false;
        }
        if prefetch.is_empty() {
            let due = self.claim(free + more, &sources.answering()).await;
            prefetch.put(due.unwrap_or_else(|error| complain(&error, "looking for mail that is due")));
        }
        let due: Vec<Claimed> = std::iter::from_fn(|| prefetch.next()).take(free).collect();
        let found = !due.is_empty();
        self.spawn(attempts, due, stop);
        found
    }

    /// Begins one attempt for each source that did not answer and is to be asked again.
    async fn probe(&self, attempts: &mut JoinSet<Ended>, sources: &mut Sources, stop: &CancellationToken) {
        for purposes in sources.probe_due() {
            let due = self.claim(1, &purposes).await;
            let due = due.unwrap_or_else(|error| complain(&error, "looking for mail to ask about"));
            if due.is_empty() {
                sources.nothing_to_ask(&purposes);
            }
            self.spawn(attempts, due, stop);
        }
    }

    /// Lets go of what was claimed ahead: an attempt that is stopped before it begins goes back to the queue.
    fn give_back(&self, attempts: &mut JoinSet<Ended>, prefetch: &mut Prefetch) {
        let stopped = CancellationToken::new();
        stopped.cancel();
        let waiting = std::iter::from_fn(|| prefetch.next()).collect();
        self.spawn(attempts, waiting, &stopped);
    }

    fn spawn(&self, attempts: &mut JoinSet<Ended>, due: Vec<Claimed>, stop: &CancellationToken) {
        for claimed in due {
            let (context, stop) = (self.context.clone(), stop.clone());
            let source = claimed.request.purpose.spec().source;
            attempts.spawn(async move {
                let outcome = attempt::attempt(&context, &claimed, &stop).await;
                Ended { source, outcome }
            });
        }
    }

    async fn claim(&self, limit: usize, purposes: &[Purpose]) -> Result<Vec<Claimed>, Failure> {
        let claim = async |db: &mut _| claim::apply(db, &self.context, purposes, limit).await;
        self.context.database.read(claim).await
    }

    async fn check(&self) {
        let recovered = self.recover().await;
        recovered.unwrap_or_else(|error| complain(&error, "recovering mail"));
        let now = self.context.clock.now();
        let count = async |db: &mut _| Ok(delivery::backlog(db, now).await?);
        match self.context.database.read(count).await {
            Ok(backlog) => measures::backlog(&backlog),
            Err(error) => complain(&error, "counting the mail that waits"),
        }
    }

    async fn recover(&self) -> Result<(), Failure> {
        let recover = async |tx: &mut _| recover::apply(tx, &self.context).await;
        while self.context.database.write(recover).await? > 0 {}
        Ok(())
    }
}

/// How an attempt ended, at a mail of which source.
struct Ended {
    source: &'static str,
    outcome: Outcome,
}

/// Takes notice of how an attempt ended; `None` for one that crashed.
fn learn(reach: &mut Reach, sources: &mut Sources, ended: Option<Ended>) {
    reach.learn(ended.as_ref().map(|ended| &ended.outcome));
    if let Some(Ended { source, outcome }) = &ended {
        sources.learn(source, outcome);
    }
}

/// The database is away: the loop comes round again.
fn complain<T: Default>(error: &Failure, doing: &'static str) -> T {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        doing,
        "the mail worker is held up"
    );
    T::default()
}

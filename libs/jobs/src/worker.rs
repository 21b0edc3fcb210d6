//! The loop around a queue.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::Database;
use muster_database::origin::{self, Origin};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::batch::complain;
use crate::idle::Idle;
use crate::{Lease, Queue, Retries, Settled, measures};

/// How long what is being worked on may take when the process ends: less than the shell waits for it.
const LAST_WORDS: Duration = Duration::from_secs(3);
const SETTLE_AGAIN: Retries = Retries {
    first: Duration::from_millis(50),
    cap: Duration::from_secs(2),
    max_failures: u32::MAX,
};

/// Works on a queue. Any number of them may, in any number of processes.
pub struct Worker<Q> {
    queue: Arc<Q>,
    database: Database,
    clock: Clock,
    wake: Arc<Notify>,
    places: Arc<Places>,
}

impl<Q> Clone for Worker<Q> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            database: self.database.clone(),
            clock: self.clock.clone(),
            wake: Arc::clone(&self.wake),
            places: Arc::clone(&self.places),
        }
    }
}

impl<Q: Queue> Worker<Q> {
    /// Looks for work by itself.
    #[must_use]
    pub fn new(database: Database, clock: Clock, queue: Q) -> Self {
        Self {
            queue: Arc::new(queue),
            database,
            clock,
            wake: Arc::new(Notify::new()),
            places: Arc::default(),
        }
    }

    /// Looks also when `wake` is notified by the verb that makes work for it: `muster_database::wake_after_commit`.
    #[must_use]
    pub fn woken_by(self, wake: Arc<Notify>) -> Self {
        Self { wake, ..self }
    }

    /// Does everything that is due, and tells what came of each: for tests, which step instead of waiting.
    ///
    /// # Errors
    /// When it cannot be asked what is due.
    pub async fn step(&self) -> Result<Vec<Q::Outcome>, Q::Error> {
        let (stop, mut outcomes) = (CancellationToken::new(), Vec::new());
        loop {
            let mut items = JoinSet::new();
            self.spawn(&mut items, self.claim(self.queue.at_once()).await?, &stop);
            if items.is_empty() {
                return Ok(outcomes);
            }
            outcomes.extend(items.join_all().await);
        }
    }

    /// Works until `shutdown`; then waits a little for what it holds.
    pub async fn run(self, shutdown: CancellationToken) {
        let (mut items, mut idle) = (JoinSet::new(), Idle::new(self.queue.poll()));
        let mut freed = self.database.freed();
        while !shutdown.is_cancelled() {
            self.give_back(&mut items, false);
            let wait = match self.start(&mut items, &shutdown).await {
                Ok(found) => idle.after(found),
                Err(error) => {
                    complain(Q::NAME, &error);
                    idle.after_failure()
                }
            };
            measures::running(Q::NAME, items.len());
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                Some(ended) = items.join_next() => report(Q::NAME, ended),
                () = self.places.freed.notified() => {}
                () = self.wake.notified() => idle.woken(),
                Ok(()) = freed.changed() => idle.woken(),
                () = sleep(wait) => {}
            }
            while let Some(ended) = items.try_join_next() {
                report(Q::NAME, ended);
            }
        }
        self.give_back(&mut items, true);
        let ending = async { while items.join_next().await.is_some() {} };
        drop(timeout(LAST_WORDS, ending).await);
    }

    /// Begins as many items as there is room for. Whether it found any.
    async fn start(
        &self,
        items: &mut JoinSet<Q::Outcome>,
        stop: &CancellationToken,
    ) -> Result<bool, Q::Error> {
        let room = self.room(items.len());
        if room == 0 {
            return Ok(false);
        }
        let claimed = self.claim(room).await?;
        let found = !claimed.is_empty();
        self.spawn(items, claimed, stop);
        Ok(found)
    }

    /// How many more may begin beside so many.
    fn room(&self, items: usize) -> usize {
        let at_once = self.queue.at_once();
        if self.queue.settles_apart() {
            let begun = at_once.saturating_sub(self.places.taken.load(Ordering::SeqCst));
            begun.min((2 * at_once).saturating_sub(items))
        } else {
            at_once.saturating_sub(items)
        }
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Q::Item>, Q::Error> {
        self.database.until_known().await;
        let lease = Lease::fresh(&self.database, &self.clock, self.queue.lease());
        self.queue.claim(lease, limit).await
    }

    fn give_back(&self, items: &mut JoinSet<Q::Outcome>, at_the_end: bool) {
        let stopped = CancellationToken::new();
        stopped.cancel();
        self.spawn(items, self.queue.give_back(at_the_end), &stopped);
    }

    fn spawn(&self, items: &mut JoinSet<Q::Outcome>, claimed: Vec<Q::Item>, stop: &CancellationToken) {
        for item in claimed {
            let (queue, stop, span) = (Arc::clone(&self.queue), stop.clone(), self.queue.span(&item));
            let place = Place::taken(&self.places);
            let working = async move { work(&*queue, item, &stop, place).await }.instrument(span);
            items.spawn(origin::scope(Origin::job(Q::NAME), working));
        }
    }
}

/// How many items are being worked on, those not counted of which only the outcome is still to be written down.
#[derive(Default)]
struct Places {
    taken: AtomicUsize,
    freed: Notify,
}

/// The place of an item that is being worked on.
struct Place(Arc<Places>);

impl Place {
    fn taken(places: &Arc<Places>) -> Self {
        places.taken.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(places))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn work<Q: Queue>(queue: &Q, item: Q::Item, stop: &CancellationToken, place: Place) -> Q::Outcome {
    let started = Instant::now();
    let outcome = queue.run(&item, stop).await;
    if queue.settles_apart() {
        let places = Arc::clone(&place.0);
        drop(place);
        places.freed.notify_one();
    }
    let word = settle(queue, &item, &outcome)
        .await
        .map_or("unsettled", Settled::word);
    measures::ran(Q::NAME, word, started.elapsed());
    outcome
}

/// Tries for as long as the lease may last: what is not written down is done again by somebody else.
async fn settle<Q: Queue>(queue: &Q, item: &Q::Item, outcome: &Q::Outcome) -> Option<Settled> {
    let (give_up, mut failures) = (Instant::now() + queue.lease(), 0);
    while Instant::now() < give_up {
        match queue.settle(item, outcome).await {
            Ok(Settled::LeaseLost) => {
                tracing::warn!(
                    job = Q::NAME,
                    "an outcome came too late: the row is somebody else's"
                );
                return Some(Settled::LeaseLost);
            }
            Ok(settled) => return Some(settled),
            Err(error) => tracing::warn!(
                job = Q::NAME,
                error = &error as &dyn Error,
                "an outcome was not written down"
            ),
        }
        failures += 1;
        sleep(SETTLE_AGAIN.wait(failures)).await;
    }
    tracing::error!(
        job = Q::NAME,
        "an outcome could not be written down for as long as the lease lasted"
    );
    None
}

/// A row whose worker panicked waits until its lease is over.
fn report<T>(job: &'static str, ended: Result<T, JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!(job, "the work on a row panicked");
        measures::ran(job, "panicked", Duration::ZERO);
    }
}

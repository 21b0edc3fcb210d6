//! The work on one event: attempts until it is applied, known, parked, or no longer ours.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use lapin::BasicProperties;
use muster_clock::Clock;
use muster_database::{Database, deadline};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::backoff::Backoff;
use crate::inbox::Claim;
use crate::{EventType, Handlers, HandlingError, QueueSpec, Received, measures, spans, timestamp};

/// Leaves connections of the pool to the calls that people wait for.
const ATTEMPTS_AT_ONCE: usize = 8;
/// Everything that an attempt does, questions to other services included.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);
/// Attempts when nobody foresaw the failure.
const UNEXPECTED_LIMIT: u32 = 5;
/// The broker closes the channel of a consumer that holds a message for 30 minutes; a little earlier we do it in order.
pub(super) const HOLD_LIMIT: Duration = Duration::from_secs(25 * 60);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Applied and committed: ack.
    Applied,
    /// Had been applied before: ack.
    Repeated,
    /// Cannot be handled: reject, which parks it.
    Parked,
    /// The session ends: say nothing, it comes again.
    Abandoned,
    /// Held for as long as the broker lets us: the session must end.
    HeldTooLong,
}

/// The handlers and where they work.
pub(super) struct Worker {
    database: Database,
    exchange: String,
    handlers: Handlers,
    clock: Clock,
    permits: Semaphore,
}

impl Worker {
    pub(super) fn new(database: Database, exchange: String, handlers: Handlers, clock: Clock) -> Self {
        let permits = Semaphore::new(ATTEMPTS_AT_ONCE);
        Self {
            database,
            exchange,
            handlers,
            clock,
            permits,
        }
    }

    pub(super) fn queue(&self) -> &'static QueueSpec {
        self.handlers.queue()
    }

    /// Measures how old a message is that has just been taken. Where it is unreadable it has no type, and an age all the same.
    pub(super) fn measure_age(&self, properties: &BasicProperties, event: Option<EventType>) {
        if let Some(age) = timestamp::age(properties, self.clock.now()) {
            measures::taken(self.queue(), event, age);
        }
    }

    /// Works on an event until there is a verdict. It was `delivered` when the broker began to count how long it is
    /// held. The span is the CONSUMER span, for the settling.
    pub(super) async fn handle(
        &self,
        event: &Arc<Received>,
        delivered: Instant,
        closing: &CancellationToken,
    ) -> (Verdict, Span) {
        let started = Instant::now();
        let span = spans::handling(event, &self.exchange, self.queue());
        let verdict = self
            .attempts(event, closing, delivered, &span)
            .instrument(span.clone())
            .await;
        let outcome = match verdict {
            Verdict::Applied => "applied",
            Verdict::Repeated => "repeated",
            Verdict::Parked => "parked",
            Verdict::Abandoned | Verdict::HeldTooLong => "abandoned",
        };
        measures::consumed(self.queue(), Some(event.event_type), outcome, started.elapsed());
        (verdict, span)
    }

    async fn attempts(
        &self,
        event: &Arc<Received>,
        closing: &CancellationToken,
        delivered: Instant,
        span: &Span,
    ) -> Verdict {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(10));
        let (mut unexpected, mut is_first) = (0, true);
        while !closing.is_cancelled() {
            // What failed once may be to blame for it: from then on it is tried alone.
            let error = match self.guarded_attempt(event, std::mem::take(&mut is_first)).await {
                Ok(Claim::New) => return Verdict::Applied,
                Ok(Claim::AlreadyApplied) => return Verdict::Repeated,
                Err(error) => error,
            };
            unexpected += u32::from(matches!(error, HandlingError::Unexpected(_)));
            if matches!(error, HandlingError::Permanent(_)) || unexpected >= UNEXPECTED_LIMIT {
                spans::failed(span, "parked");
                tracing::error!(event = %event.event_type, id = %event.id, %error, "message parked");
                return Verdict::Parked;
            }
            if delivered.elapsed() >= HOLD_LIMIT {
                return Verdict::HeldTooLong;
            }
            let wait = backoff.next();
            tracing::warn!(event = %event.event_type, id = %event.id, %error, ?wait, "message held, will retry");
            measures::retried(self.queue(), event.event_type);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = closing.cancelled() => {}
            }
        }
        Verdict::Abandoned
    }

    /// An attempt that neither panics nor hangs.
    async fn guarded_attempt(
        &self,
        event: &Arc<Received>,
        with_others: bool,
    ) -> Result<Claim, HandlingError> {
        if with_others {
            // Takes no permit: all of them together take the connection of one.
            let together = self.handlers.attempt_together(&self.database, event);
            if let Some(done) = guarded(async { together.await.transpose() }).await.transpose() {
                return done;
            }
        }
        let Ok(_permit) = self.permits.acquire().await else {
            return Err(HandlingError::Transient("the consumer is closing".to_owned()));
        };
        guarded(self.handlers.attempt(&self.database, event)).await
    }
}

/// What came of an attempt, also when it panics or hangs.
async fn guarded<T>(attempt: impl Future<Output = Result<T, HandlingError>>) -> Result<T, HandlingError> {
    let until = Instant::now() + ATTEMPT_LIMIT;
    let attempt = deadline::scope(Some(until), AssertUnwindSafe(attempt).catch_unwind());
    match tokio::time::timeout_at(until + Duration::from_secs(1), attempt).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(HandlingError::Unexpected("the handler panicked".to_owned())),
        Err(_) => Err(HandlingError::Transient(
            "the handler did not finish in time".to_owned(),
        )),
    }
}

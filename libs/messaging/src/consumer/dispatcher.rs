//! Sorts deliveries by the aggregate that they tell of, has them worked on, and settles them.

use std::sync::Arc;
use std::time::Duration;

use lapin::Acker;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicRejectOptions};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::lanes::Lanes;
use super::work::{HOLD_LIMIT, Verdict, Worker};
use crate::broker::{BrokerError, in_time};
use crate::{EnvelopeProblem, QueueSpec, Received, measures, spans};

/// For each word to the broker.
pub(super) const BROKER_LIMIT: Duration = Duration::from_secs(5);
/// After the end of a session, for what is being applied. A statement takes two seconds at most.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// A delivery whose envelope could be read.
struct Delivered {
    event: Received,
    acker: Acker,
    /// Since then the broker counts how long we hold it.
    delivered: Instant,
}

/// What is being worked on, and what waits behind it in the same lane.
pub(super) struct Dispatcher<'a> {
    worker: &'a Arc<Worker>,
    lanes: Lanes<Uuid, Delivered>,
    tasks: JoinSet<(Uuid, Verdict)>,
    /// Ends the waits between attempts: what is held belongs to this session and comes again in the next one.
    closing: CancellationToken,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(worker: &'a Arc<Worker>, shutdown: &CancellationToken) -> Self {
        Self {
            worker,
            lanes: Lanes::new(),
            tasks: JoinSet::new(),
            closing: shutdown.child_token(),
        }
    }

    pub(super) async fn take(&mut self, delivery: &Delivery) -> Result<(), BrokerError> {
        let acker = delivery.acker.clone();
        let received = Received::of_delivery(delivery);
        let event = received.as_ref().ok().map(|event| event.event_type);
        self.worker.measure_age(&delivery.properties, event);
        match received {
            Ok(event) => {
                let taken = Delivered {
                    event,
                    acker,
                    delivered: Instant::now(),
                };
                if let Some(taken) = self.lanes.enter(taken.event.aggregate, taken) {
                    self.start(taken);
                }
                Ok(())
            }
            Err(EnvelopeProblem::UnknownType) => {
                self.hold_unknown(acker);
                Ok(())
            }
            Err(problem) => park_unread(self.worker.queue(), &acker, &problem).await,
        }
    }

    /// During an upgrade a newer process binds the queue to types that this one cannot read. They are held until this
    /// process makes room for a newer one, or until the broker's patience ends: then nobody here knows them.
    fn hold_unknown(&mut self, acker: Acker) {
        let (queue, closing) = (self.worker.queue(), self.closing.clone());
        tracing::warn!(
            queue = queue.name,
            "message held: it is of a type that only a newer version knows"
        );
        measures::consumed(queue, None, "unknown_type", Duration::ZERO);
        self.tasks.spawn(async move {
            let verdict = tokio::select! {
                () = closing.cancelled() => Verdict::Abandoned,
                () = tokio::time::sleep(HOLD_LIMIT) => Verdict::Parked,
            };
            if verdict == Verdict::Parked {
                drop(park_unread(queue, &acker, &EnvelopeProblem::UnknownType).await);
            }
            // It is in no lane.
            (Uuid::nil(), verdict)
        });
    }

    fn start(&mut self, taken: Delivered) {
        let worker = Arc::clone(self.worker);
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            let aggregate = taken.event.aggregate;
            (aggregate, handle(&worker, taken, &closing).await)
        });
    }

    /// Waits for the next task that ends, for ever when none runs; an error is the end of the session.
    pub(super) async fn next_finished(&mut self) -> Result<(), BrokerError> {
        match self.tasks.join_next().await {
            Some(done) => self.finished(done),
            None => std::future::pending().await,
        }
    }

    fn finished(&mut self, done: Result<(Uuid, Verdict), tokio::task::JoinError>) -> Result<(), BrokerError> {
        match done {
            Ok((_, Verdict::HeldTooLong)) => Err(BrokerError::Timeout("holding a message")),
            Ok((aggregate, _)) => {
                if let Some(next) = self.lanes.finished(aggregate) {
                    self.start(next);
                }
                Ok(())
            }
            // Its lane is lost, so is the order: everything comes again in the next session.
            Err(_) => Err(BrokerError::Ended),
        }
    }

    /// Waits for what is being applied. Not before all of it has ended may the next session begin: it gets the same
    /// messages again, and an aggregate must not be worked on from two sides.
    pub(super) async fn close(mut self) {
        self.closing.cancel();
        let draining = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_LIMIT, draining).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn park_unread(queue: &QueueSpec, acker: &Acker, problem: &EnvelopeProblem) -> Result<(), BrokerError> {
    tracing::error!(queue = queue.name, error = %problem, "message parked: its envelope is unreadable");
    measures::consumed(queue, None, "parked", Duration::ZERO);
    let reject = acker.reject(BasicRejectOptions { requeue: false });
    in_time(BROKER_LIMIT, "rejecting a message", reject)
        .await
        .map(drop)
}

/// Handles one delivery and tells the broker. An ack that does not arrive is no loss: the message comes again and its
/// inbox row is there.
async fn handle(worker: &Arc<Worker>, taken: Delivered, closing: &CancellationToken) -> Verdict {
    let event = Arc::new(taken.event);
    let (verdict, span) = worker.handle(&event, taken.delivered, closing).await;
    let name = match &verdict {
        Verdict::Applied | Verdict::Repeated => "ack",
        Verdict::Parked => "reject",
        Verdict::Abandoned | Verdict::HeldTooLong => return verdict,
    };
    let _settling = spans::settling(&span, name);
    let settled = match &verdict {
        Verdict::Parked => {
            let reject = taken.acker.reject(BasicRejectOptions { requeue: false });
            in_time(BROKER_LIMIT, "rejecting a message", reject).await
        }
        _ => {
            in_time(
                BROKER_LIMIT,
                "acking a message",
                taken.acker.ack(BasicAckOptions::default()),
            )
            .await
        }
    };
    if !matches!(settled, Ok(true)) {
        tracing::debug!(id = %event.id, "the broker was not told; the message will come again");
    }
    verdict
}

//! Takes messages from a service's queue and does the work of its handlers, once per event.
//!
//! Decode; BEGIN; inbox row; work; COMMIT; ack. What cannot be read or handled is rejected, which parks it. While
//! something else is away the message is held and tried again in process: giving it back would count against it, and
//! closing the channel would count against every message that was taken with it. Different aggregates are handled at
//! the same time, events of one aggregate one after the other.

mod dispatcher;
mod lanes;
mod session;
mod work;

use std::sync::Arc;

use muster_clock::Clock;
use muster_database::Database;
use tokio_util::sync::CancellationToken;

use crate::{Broker, Handlers};

/// Consumes the queue of `handlers` until `shutdown`; then finishes what is being applied, acks it, and returns. What has
/// only been taken goes back to the queue. An event without a handler is parked: [`Handlers::check`] finds out before. By `clock`
/// it is measured how old messages are when they are taken.
pub async fn run(
    database: Database,
    broker: Broker,
    handlers: Handlers,
    clock: Clock,
    shutdown: CancellationToken,
) {
    let queue = handlers.queue();
    tracing::info!(queue = queue.name, "consumer started");
    let worker = Arc::new(work::Worker::new(database, broker.exchange(), handlers, clock));
    let mut sessions = broker.sessions("consume", shutdown.clone());
    while let Some(session) = sessions.next().await {
        let ended = session::serve(&worker, &session, &broker, &shutdown).await;
        sessions.ended(session, ended).await;
    }
    tracing::info!(queue = queue.name, "consumer stopped");
}

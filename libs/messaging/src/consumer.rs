//! Takes messages from a service's queue and does a handler's work, once per event.
//!
//! Decode; BEGIN; inbox row; work; COMMIT; ack. What cannot be read or handled is rejected, which parks it. While
//! something else is away the message is held and tried again in process: giving it back would count against it, and
//! closing the channel would count against every message that was taken with it. Different aggregates are handled at
//! the same time, events of one aggregate one after the other.

mod desk;
mod lanes;
mod session;
mod work;

use std::sync::Arc;

use muster_database::Database;
use tokio_util::sync::CancellationToken;

use crate::{Broker, Handler, QueueSpec};

/// Consumes `queue` until `shutdown`; then finishes what is being applied, acks it, and returns. What has only been
/// taken goes back to the queue.
pub async fn run<H: Handler>(
    db: Database,
    broker: Broker,
    queue: &'static QueueSpec,
    handler: H,
    shutdown: CancellationToken,
) {
    tracing::info!(queue = queue.name, "consumer started");
    let worker = Arc::new(work::Worker::new(db, broker.exchange(), queue, handler));
    let mut sessions = broker.sessions("consume", shutdown.clone());
    while let Some(session) = sessions.next().await {
        let ended = session::serve(&worker, &session, &broker, &shutdown).await;
        sessions.ended(session, ended).await;
    }
    tracing::info!(queue = queue.name, "consumer stopped");
}

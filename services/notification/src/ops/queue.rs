//! Mail is asked for.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::DeliveryId;
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::domain::{self, MailRequest, Sender};
use crate::store::{self, NewDelivery};

/// What was asked for, and in which trace.
#[derive(Debug)]
pub struct Asked {
    /// What.
    pub request: MailRequest,
    /// The trace of whoever asked, in case that the current span has none.
    pub traceparent: Option<String>,
}

/// Makes a delivery in the transaction of the event. A request that comes twice (the same
/// subject, purpose, generation and number) finds its delivery and changes nothing.
///
/// # Errors
/// The database's.
pub async fn queue(
    tx: &mut PgConnection,
    clock: &Clock,
    sender: &Sender,
    asked: Asked,
) -> Result<(), DatabaseError> {
    let delivery = DeliveryId::from_uuid(clock.new_uuid());
    let new = NewDelivery {
        delivery,
        request: asked.request,
        message_id: domain::message_id(delivery, sender),
        traceparent: propagation::current_traceparent().or(asked.traceparent),
        create_time: clock.now(),
    };
    if !store::insert(tx, &new).await? {
        tracing::info!("the mail has been asked for before");
    }
    Ok(())
}

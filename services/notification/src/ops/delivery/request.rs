//! Mail is asked for.

use muster_database::Insertion;
use muster_server::Failure;
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{self, MailRequest};
use crate::store::delivery::{self, NewDelivery};

/// Makes a delivery, due at once. A request that comes twice (the same subject, purpose, generation and number) finds
/// its delivery and changes nothing. `traceparent`: the trace of whoever asked, for when the current span has none.
///
/// # Errors
/// The database's.
pub async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    request: MailRequest,
    traceparent: Option<String>,
) -> Result<Insertion, Failure> {
    let id = context.clock.new_id();
    let new = NewDelivery {
        id,
        request,
        message_id: domain::message_id(id, &context.sender),
        traceparent: propagation::current_traceparent().or(traceparent),
        create_time: context.clock.now(),
    };
    Ok(delivery::insert(tx, &new).await?)
}

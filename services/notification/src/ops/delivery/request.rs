//! Mail is asked for.

use muster_database::Insertion;
use muster_server::Failure;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{self, MailRequest};
use crate::store::delivery::{self, NewDelivery};

/// A mail, when it may be sent, and who asked.
#[derive(Debug, Clone)]
pub struct RequestedMail {
    /// What is asked for.
    pub request: MailRequest,
    /// The first moment at which it may be sent; `None`: at once.
    pub not_before: Option<OffsetDateTime>,
    /// The trace of whoever asked, for when the current span has none.
    pub traceparent: Option<String>,
}

/// Makes a delivery. A request that comes twice (the same subject, purpose, generation and number) finds its delivery and
/// changes nothing.
///
/// # Errors
/// The database's.
pub async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    mail: RequestedMail,
) -> Result<Insertion, Failure> {
    let id = context.clock.new_id();
    let new = NewDelivery {
        id,
        request: mail.request,
        message_id: domain::message_id(id, &context.sender),
        traceparent: propagation::current_traceparent().or(mail.traceparent),
        create_time: context.clock.now(),
        not_before: mail.not_before,
    };
    Ok(delivery::insert(tx, &new).await?)
}

//! Mail is asked for.

use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::MailRequest;
use crate::mails;
use crate::store::delivery::{self, NewDelivery};

/// A mail, when it may be sent, and who asked.
#[derive(Debug, Clone)]
pub struct RequestedMail {
    /// What is asked for.
    pub request: MailRequest,
    /// The first moment at which it may be sent; `None`: at once.
    pub not_before: Option<OffsetDateTime>,
    /// The trace in which it is asked for.
    pub traceparent: Option<String>,
}

/// Makes deliveries, and tells how many. A request that comes twice (the same subject, purpose, generation and number) finds
/// its delivery and changes nothing.
///
/// # Errors
/// The database's.
pub async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    mails: Vec<RequestedMail>,
) -> Result<usize, Failure> {
    let new = |mail: RequestedMail| {
        let id = context.clock.new_id();
        NewDelivery {
            id,
            request: mail.request,
            message_id: mails::message_id(id, &context.sender),
            traceparent: mail.traceparent,
            create_time: context.clock.now(),
            not_before: mail.not_before,
        }
    };
    let new: Vec<NewDelivery> = mails.into_iter().map(new).collect();
    Ok(delivery::insert(tx, &new).await?)
}

//! Deliveries.

mod backlog;
mod lease;
mod list;
mod row;

use muster_database::{DatabaseError, Insertion};
use muster_ids::DeliveryId;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use backlog::{Backlog, backlog};
pub use lease::{Claim, Settled, claim, lock_expired, reach_dot, settle};
pub use list::list;

use crate::domain::{DeliveryState, MailRequest};

/// A delivery to be made.
#[derive(Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// What is asked for.
    pub request: MailRequest,
    /// Its Message-ID header.
    pub message_id: String,
    /// The W3C trace context in which it is asked for.
    pub traceparent: Option<String>,
    /// Now.
    pub create_time: OffsetDateTime,
    /// The first moment it may be sent, if that is not now.
    pub not_before: Option<OffsetDateTime>,
}

/// Makes a delivery, unless there is one for this subject, purpose, generation and number.
pub async fn insert(tx: &mut PgConnection, new: &NewDelivery) -> Result<Insertion, DatabaseError> {
    let request = &new.request;
    let done = sqlx::query(
        "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request, template_version,
                                 message_id, state, next_attempt_time, traceparent, create_time, not_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE($12, $11), $10, $11, $12)
         ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING",
    )
    .bind(request.subject.organization)
    .bind(new.id)
    .bind(request.subject.to_string())
    .bind(request.purpose)
    .bind(request.generation)
    .bind(request.number)
    .bind(request.purpose.current_version())
    .bind(&new.message_id)
    .bind(DeliveryState::Queued)
    .bind(&new.traceparent)
    .bind(new.create_time)
    .bind(new.not_before)
    .execute(tx)
    .await?;
    Ok(done.into())
}

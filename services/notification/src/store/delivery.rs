//! Deliveries.

mod backlog;
mod bounce;
mod lease;
mod list;
mod row;

use muster_database::DatabaseError;
use muster_ids::DeliveryId;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub use backlog::{Backlog, backlog};
pub use bounce::{lock_handed_over, update_bounced};
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

/// Makes deliveries, and tells how many: none where there is one for this subject, purpose, generation and number.
pub async fn insert(tx: &mut PgConnection, new: &[NewDelivery]) -> Result<usize, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request, template_version,
                                 message_id, state, next_attempt_time, traceparent, create_time, not_before)
         SELECT organization_id, delivery_id, subject, purpose, generation, request, template_version, message_id, $12,
                COALESCE(not_before, create_time), traceparent, create_time, not_before
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::integer[],
                     $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
           AS new (organization_id, delivery_id, subject, purpose, generation, request, template_version, message_id,
                   traceparent, create_time, not_before)
         ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING",
    )
    .bind(column(new, |new| new.request.subject.organization))
    .bind(column(new, |new| new.id))
    .bind(column(new, |new| new.request.subject.to_string()))
    .bind(column(new, |new| new.request.purpose))
    .bind(column(new, |new| new.request.generation))
    .bind(column(new, |new| new.request.number))
    .bind(column(new, |new| new.request.purpose.current_version()))
    .bind(column(new, |new| new.message_id.clone()))
    .bind(column(new, |new| new.traceparent.clone()))
    .bind(column(new, |new| new.create_time))
    .bind(column(new, |new| new.not_before))
    .bind(DeliveryState::Queued)
    .execute(tx)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}

fn column<T>(new: &[NewDelivery], value: impl Fn(&NewDelivery) -> T) -> Vec<T> {
    new.iter().map(value).collect()
}

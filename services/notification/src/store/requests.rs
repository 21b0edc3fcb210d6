//! New deliveries.

use muster_database::DatabaseError;
use muster_ids::DeliveryId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::MailRequest;

/// A delivery to be made.
#[derive(Debug)]
pub struct NewDelivery {
    /// Its id.
    pub delivery: DeliveryId,
    /// What is asked for.
    pub request: MailRequest,
    /// Its Message-ID header.
    pub message_id: String,
    /// In which trace it is asked for.
    pub traceparent: Option<String>,
    /// Now; due at once.
    pub create_time: OffsetDateTime,
}

/// Makes a delivery, unless there is one for this subject, purpose, generation and request. Answers whether it is new.
pub async fn insert(tx: &mut PgConnection, new: &NewDelivery) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request, template_version,
                                 message_id, state, next_attempt_time, traceparent, create_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'QUEUED', $9, $10, $9)
         ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING",
    )
    .bind(new.request.subject.organization.as_uuid())
    .bind(new.delivery.as_uuid())
    .bind(new.request.subject.to_string())
    .bind(new.request.purpose.as_str())
    .bind(new.request.generation)
    .bind(new.request.number)
    .bind(new.request.purpose.current_version())
    .bind(&new.message_id)
    .bind(new.create_time)
    .bind(&new.traceparent)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

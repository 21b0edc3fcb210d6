//! Deliveries that came back.

use muster_database::DatabaseError;
use muster_ids::DeliveryId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::HandedOver;

/// The delivery that a return path names, locked. A return path has no room for the organization, too.
pub async fn lock_handed_over(
    tx: &mut PgConnection,
    delivery: DeliveryId,
) -> Result<Option<HandedOver>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, delivery_id, subject, generation, request, state, ambiguous_resends, version, traceparent
         FROM deliveries
         WHERE delivery_id = $1
         FOR UPDATE",
    )
    .bind(delivery)
    .fetch_optional(tx)
    .await?;
    Ok(found)
}

/// Stores that it came back, in these words; whether it was still as it was read.
pub async fn update_bounced(
    tx: &mut PgConnection,
    bounced: &HandedOver,
    words: &str,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE deliveries
         SET state = $3, server_reply = $4, bounce_time = $5, next_attempt_time = NULL, version = $6
         WHERE organization_id = $1 AND delivery_id = $2 AND version = $6 - 1",
    )
    .bind(bounced.organization)
    .bind(bounced.id)
    .bind(bounced.state)
    .bind(words)
    .bind(now)
    .bind(bounced.version)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

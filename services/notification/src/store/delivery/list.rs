//! Deliveries of an organization, to be read.

use muster_database::DatabaseError;
use muster_ids::{DeliveryId, OrganizationId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::Delivery;
use crate::mails::Subject;

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT organization_id, delivery_id, subject, state, attempts, server_reply, message_id, create_time,
                    send_time, bounce_time, next_attempt_time, traceparent
             FROM deliveries
             WHERE organization_id = $1 AND delivery_id < $2 ",
            $which,
            " ORDER BY delivery_id DESC LIMIT $3"
        )
    };
}

/// Deliveries of the organization, of one subject if given, newest first. UUIDv7 ids sort by time.
pub async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    subject: Option<Subject>,
    after: Option<DeliveryId>,
    limit: i64,
) -> Result<Vec<Delivery>, DatabaseError> {
    // Two statements: a plan that has to serve both looks through all deliveries for the few of one subject.
    let statement = match subject {
        None => sqlx::query_as(select!("")),
        Some(_) => sqlx::query_as(select!("AND subject = $4")),
    };
    let bound = statement
        .bind(organization)
        .bind(after.unwrap_or_else(|| Uuid::max().into()))
        .bind(limit);
    let bound = match subject {
        None => bound,
        Some(subject) => bound.bind(subject.to_string()),
    };
    Ok(bound.fetch_all(db).await?)
}

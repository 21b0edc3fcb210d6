//! Deliveries of an organization, to be read.

use muster_database::DatabaseError;
use muster_ids::{DeliveryId, OrganizationId};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::parse;
use crate::domain::DeliveryState;

/// The last delivery of the page before.
pub type Position = Uuid;

/// A delivery as it is shown.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The organization.
    pub organization: OrganizationId,
    /// Its id.
    pub delivery: DeliveryId,
    /// What it is about.
    pub subject: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was handed to the mail server.
    pub attempts: i32,
    /// The server's latest reply; empty without one.
    pub server_reply: String,
    /// Its Message-ID header.
    pub message_id: String,
    /// When it was asked for.
    pub create_time: OffsetDateTime,
    /// When the server took it.
    pub send_time: Option<OffsetDateTime>,
    /// When it is tried next.
    pub next_attempt_time: Option<OffsetDateTime>,
    /// In which trace it was asked for.
    pub traceparent: Option<String>,
}

#[derive(FromRow)]
struct ListedRow {
    organization_id: Uuid,
    delivery_id: Uuid,
    subject: String,
    state: String,
    attempts: i32,
    server_reply: String,
    message_id: String,
    create_time: OffsetDateTime,
    send_time: Option<OffsetDateTime>,
    next_attempt_time: Option<OffsetDateTime>,
    traceparent: Option<String>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT organization_id, delivery_id, subject, state, attempts, server_reply, message_id, create_time,
                    send_time, next_attempt_time, traceparent
             FROM deliveries
             WHERE organization_id = $1 AND delivery_id < $2 ",
            $which,
            " ORDER BY delivery_id DESC LIMIT $3"
        )
    };
}

/// Deliveries of `organization`, of one subject if given, newest first, after `position`. UUIDv7 ids sort by time.
pub async fn list(
    connection: &mut PgConnection,
    organization: OrganizationId,
    subject: Option<&str>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<Listed>, DatabaseError> {
    // Two statements: a plan that has to serve both looks through all deliveries for the few of one subject.
    let all = match subject {
        None => sqlx::query_as(select!("")),
        Some(_) => sqlx::query_as(select!("AND subject = $4")),
    };
    let bound = all
        .bind(organization.as_uuid())
        .bind(position.unwrap_or(Uuid::max()))
        .bind(limit);
    let bound = match subject {
        None => bound,
        Some(subject) => bound.bind(subject.to_owned()),
    };
    let rows: Vec<ListedRow> = bound.fetch_all(connection).await?;
    rows.into_iter().map(Listed::try_from).collect()
}

impl TryFrom<ListedRow> for Listed {
    type Error = DatabaseError;

    fn try_from(row: ListedRow) -> Result<Self, DatabaseError> {
        Ok(Self {
            organization: OrganizationId::from_uuid(row.organization_id),
            delivery: DeliveryId::from_uuid(row.delivery_id),
            state: parse("state", &row.state)?,
            subject: row.subject,
            attempts: row.attempts,
            server_reply: row.server_reply,
            message_id: row.message_id,
            create_time: row.create_time,
            send_time: row.send_time,
            next_attempt_time: row.next_attempt_time,
            traceparent: row.traceparent,
        })
    }
}

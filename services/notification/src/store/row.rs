//! A delivery that somebody holds.

use muster_database::DatabaseError;
use muster_ids::{DeliveryId, OrganizationId};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{History, MailRequest, Phase, Stamp};

/// The right to say what becomes of a delivery, until somebody else has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The organization.
    pub organization: OrganizationId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Fresh at every claim.
    pub token: Uuid,
}

/// A delivery and the lease on it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The lease.
    pub lease: Lease,
    /// What was asked for.
    pub request: MailRequest,
    /// What makes every attempt the same.
    pub stamp: Stamp,
    /// SHA-256 of the copy that may have been taken, when there is one.
    pub possible_copy: Option<Vec<u8>>,
    /// What has happened so far.
    pub history: History,
    /// How far its worker may have come.
    pub phase: Phase,
    /// The server's reply so far.
    pub server_reply: String,
    /// When it was due.
    pub due_time: Option<OffsetDateTime>,
    /// In which trace it was asked for.
    pub traceparent: Option<String>,
}

/// As it is stored; the columns that every statement here returns.
#[derive(FromRow)]
pub(super) struct ClaimedRow {
    organization_id: Uuid,
    delivery_id: Uuid,
    lease_token: Uuid,
    subject: String,
    purpose: String,
    generation: i32,
    request: i32,
    template_version: i32,
    message_id: String,
    create_time: OffsetDateTime,
    attempts: i32,
    deferrals: i32,
    breaks: i32,
    unasked: i32,
    ambiguous_resends: i32,
    content_sha256: Option<Vec<u8>>,
    phase: String,
    server_reply: String,
    due_time: Option<OffsetDateTime>,
    traceparent: Option<String>,
}

impl TryFrom<ClaimedRow> for Claimed {
    type Error = DatabaseError;

    fn try_from(row: ClaimedRow) -> Result<Self, DatabaseError> {
        let delivery = DeliveryId::from_uuid(row.delivery_id);
        let organization = OrganizationId::from_uuid(row.organization_id);
        Ok(Self {
            lease: Lease {
                organization,
                delivery,
                token: row.lease_token,
            },
            request: MailRequest {
                subject: parse("subject", &row.subject)?,
                purpose: parse("purpose", &row.purpose)?,
                generation: row.generation,
                number: row.request,
            },
            possible_copy: row.content_sha256.filter(|_| row.ambiguous_resends > 0),
            stamp: Stamp {
                delivery,
                message_id: row.message_id,
                create_time: row.create_time,
                template_version: row.template_version,
                replaces: None,
            },
            history: History {
                create_time: row.create_time,
                attempts: row.attempts,
                deferrals: row.deferrals,
                breaks: row.breaks,
                unasked: row.unasked,
                ambiguous_resends: row.ambiguous_resends,
            },
            phase: parse("phase", &row.phase)?,
            server_reply: row.server_reply,
            due_time: row.due_time,
            traceparent: row.traceparent,
        })
    }
}

/// What can be read of the rows. One that cannot be read must not hold up the others.
pub(super) fn readable(rows: Vec<ClaimedRow>) -> Vec<Claimed> {
    let read = |row: ClaimedRow| {
        let delivery = row.delivery_id;
        Claimed::try_from(row)
            .inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::error!(%delivery, error, "a delivery cannot be read and is left alone");
            })
            .ok()
    };
    rows.into_iter().filter_map(read).collect()
}

/// Reads a stored text.
pub(super) fn parse<T: std::str::FromStr>(column: &'static str, text: &str) -> Result<T, DatabaseError> {
    text.parse()
        .map_err(|_| DatabaseError::Inconsistent(format!("column {column} cannot be read")))
}

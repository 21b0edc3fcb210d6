//! Rows of deliveries.

use muster_ids::DeliveryId;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, Row};

use crate::domain::{Claimed, Delivery, HandedOver, History, Lease, MailRequest};
use crate::mails::{Stamp, Subject};

/// The columns of a [`Claimed`], of `deliveries d`.
macro_rules! claimed_columns {
    () => {
        "d.organization_id, d.delivery_id, d.lease_token, d.subject, d.purpose, d.generation, d.request,
         d.template_version, d.message_id, COALESCE(d.not_before, d.create_time) AS due_time, d.attempts, d.deferrals, d.breaks, d.unasked,
         d.ambiguous_resends, d.content_sha256, d.phase, d.server_reply, d.traceparent"
    };
}
pub(super) use claimed_columns;

impl FromRow<'_, PgRow> for Delivery {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("delivery_id")?,
            subject: row.try_get("subject")?,
            state: row.try_get("state")?,
            attempts: row.try_get("attempts")?,
            server_reply: row.try_get("server_reply")?,
            message_id: row.try_get("message_id")?,
            create_time: row.try_get("create_time")?,
            send_time: row.try_get("send_time")?,
            bounce_time: row.try_get("bounce_time")?,
            next_attempt_time: row.try_get("next_attempt_time")?,
            traceparent: row.try_get("traceparent")?,
        })
    }
}

impl FromRow<'_, PgRow> for Claimed {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        let history = history(row)?;
        let sha256: Option<[u8; 32]> = row.try_get("content_sha256")?;
        Ok(Self {
            lease: lease(row)?,
            request: request(row)?,
            stamp: stamp(row)?,
            possible_copy: sha256.filter(|_| history.ambiguous_resends > 0),
            history,
            phase: row.try_get("phase")?,
            server_reply: row.try_get("server_reply")?,
            traceparent: row.try_get("traceparent")?,
        })
    }
}

impl FromRow<'_, PgRow> for HandedOver {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("delivery_id")?,
            subject: row.try_get("subject")?,
            generation: row.try_get("generation")?,
            request: row.try_get("request")?,
            state: row.try_get("state")?,
            ambiguous_resends: row.try_get("ambiguous_resends")?,
            version: row.try_get("version")?,
            traceparent: row.try_get("traceparent")?,
        })
    }
}

fn lease(row: &PgRow) -> Result<Lease, Error> {
    Ok(Lease {
        organization: row.try_get("organization_id")?,
        delivery: row.try_get("delivery_id")?,
        token: row.try_get("lease_token")?,
    })
}

fn request(row: &PgRow) -> Result<MailRequest, Error> {
    Ok(MailRequest {
        subject: subject(row)?,
        purpose: row.try_get("purpose")?,
        generation: row.try_get("generation")?,
        number: row.try_get("request")?,
    })
}

fn subject(row: &PgRow) -> Result<Subject, Error> {
    let text: String = row.try_get("subject")?;
    text.parse().map_err(|problem| Error::ColumnDecode {
        index: "subject".to_owned(),
        source: Box::new(problem),
    })
}

fn stamp(row: &PgRow) -> Result<Stamp, Error> {
    Ok(Stamp {
        delivery: row.try_get("delivery_id")?,
        message_id: row.try_get("message_id")?,
        date: row.try_get("due_time")?,
        template_version: row.try_get("template_version")?,
        replaces: None,
    })
}

fn history(row: &PgRow) -> Result<History, Error> {
    Ok(History {
        due_time: row.try_get("due_time")?,
        attempts: row.try_get("attempts")?,
        deferrals: row.try_get("deferrals")?,
        breaks: row.try_get("breaks")?,
        unasked: row.try_get("unasked")?,
        ambiguous_resends: row.try_get("ambiguous_resends")?,
    })
}

/// What can be read of the rows. One that cannot be read must not hold up the others.
pub(super) fn readable(rows: &[PgRow]) -> Vec<Claimed> {
    rows.iter().filter_map(read).collect()
}

fn read(row: &PgRow) -> Option<Claimed> {
    let logged = |error: &Error| {
        let delivery: Option<DeliveryId> = row.try_get("delivery_id").ok();
        let error = error as &dyn std::error::Error;
        tracing::error!(?delivery, error, "a delivery cannot be read and is left alone");
    };
    Claimed::from_row(row).inspect_err(logged).ok()
}

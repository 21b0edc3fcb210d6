//! Scheduled mails whose time has come. Cross-tenant; the scheduler only.

use muster_database::DatabaseError;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::super::state_lists::live;
use crate::domain::invitation::{DeliveryState, HeldBack, MailRequest};

/// Locks up to `limit` live invitations whose mail is due at `now` and not yet asked for, passing over those that
/// another process holds. Reads no more than the request needs: one row that a newer release wrote in words of its own
/// must not keep back the mails of all others.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<DueMail>, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        "SELECT organization_id, invitation_id, version, generation, mail_number, traceparent, send_time FROM invitations
         WHERE delivery_state = 'SCHEDULED' AND send_time <= $1 AND state IN (",
        live!(),
        ") ORDER BY send_time LIMIT $2 FOR UPDATE SKIP LOCKED",
    ))
    .bind(now)
    .bind(limit)
    .fetch_all(tx)
    .await?)
}

/// A mail that is due, and since when.
#[derive(Debug)]
pub(crate) struct DueMail {
    pub(crate) mail: MailRequest,
    pub(crate) send_time: OffsetDateTime,
}

impl FromRow<'_, PgRow> for DueMail {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            mail: MailRequest::from_row(row)?,
            send_time: row.try_get("send_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for MailRequest {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            invitation: row.try_get("invitation_id")?,
            version: row.try_get("version")?,
            generation: row.try_get("generation")?,
            number: row.try_get("mail_number")?,
            traceparent: row.try_get("traceparent")?,
        })
    }
}

/// Marks the mail of an invitation that was `before` as held back, with why: it waits for somebody, and its mailbox does not get it.
/// Tells whether it is: not when the invitation has changed meanwhile.
pub(crate) async fn mark_held(
    tx: &mut PgConnection,
    mail: &MailRequest,
    before: DeliveryState,
    why: HeldBack,
) -> Result<bool, DatabaseError> {
    let held = sqlx::query(
        "UPDATE invitations SET delivery_state = $4, delivery_detail = $5, handover_time = NULL,
                mail_times = array_remove(mail_times, send_time), version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND delivery_state = $3 AND version = $6",
    )
    .bind(mail.organization)
    .bind(mail.invitation)
    .bind(before)
    .bind(DeliveryState::Held)
    .bind(why.detail())
    .bind(mail.version)
    .execute(tx)
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Marks the mail of a locked invitation as asked for, and gives the new version.
pub(crate) async fn mark_queued(tx: &mut PgConnection, mail: &MailRequest) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(
        "UPDATE invitations SET delivery_state = $4, version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND delivery_state = $3
         RETURNING version",
    )
    .bind(mail.organization)
    .bind(mail.invitation)
    .bind(DeliveryState::Scheduled)
    .bind(DeliveryState::Queued)
    .fetch_one(tx)
    .await?)
}

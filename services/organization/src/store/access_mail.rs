//! What was mailed about access.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{AccessNoticeName, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::guarded;
use crate::domain::{AccessNotice, AccessReminder, AccessRequestState, OwnershipNotice, SuspensionNotice};

impl FromRow<'_, PgRow> for AccessNotice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("notice_id")?,
            number: row.try_get("number")?,
            mail_time: row.try_get("mail_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for AccessReminder {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("reminder_id")?,
            person: row.try_get("person_id")?,
            recipient: row.try_get("recipient")?,
            expire_time: row.try_get("expire_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for OwnershipNotice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("notice_id")?,
            person: row.try_get("person_id")?,
            recipient: row.try_get("recipient")?,
            move_time: row.try_get("move_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for SuspensionNotice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("notice_id")?,
            version: row.try_get("version")?,
            is_over: row.try_get("is_over")?,
            act_time: row.try_get("act_time")?,
        })
    }
}

/// Whose access is to be told of, and its end.
#[derive(Debug, FromRow)]
pub(crate) struct Ending {
    #[sqlx(rename = "organization_id")]
    pub(crate) organization: OrganizationId,
    #[sqlx(rename = "person_id")]
    pub(crate) person: PersonId,
    pub(crate) expire_time: OffsetDateTime,
}

/// The notice of an organization, made if there is none yet. The profile is locked by whoever asks.
pub(crate) async fn notice_or_insert(
    tx: &mut PgConnection,
    new: AccessNotice,
) -> Result<AccessNotice, DatabaseError> {
    sqlx::query(
        "INSERT INTO access_notices (organization_id, notice_id, number) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT access_notices_pkey DO NOTHING",
    )
    .bind(new.organization)
    .bind(new.id)
    .bind(new.number)
    .execute(&mut *tx)
    .await?;
    let locked = sqlx::query_as(
        "SELECT organization_id, notice_id, number, mail_time FROM access_notices
         WHERE organization_id = $1 FOR UPDATE",
    );
    Ok(locked.bind(new.organization).fetch_one(tx).await?)
}

/// Stores a notice that asked for one more mail; its row is locked, and is still the one that was read.
pub(crate) async fn update_notice(
    tx: &mut PgConnection,
    changed: &AccessNotice,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE access_notices SET number = $2, mail_time = $3 WHERE organization_id = $1 AND number = $2 - 1",
    )
    .bind(changed.organization)
    .bind(changed.number)
    .bind(changed.mail_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Whether there is this notice, and somebody waits for an answer of the owner at `now`.
pub(crate) async fn is_asked(
    db: &mut PgConnection,
    name: AccessNoticeName,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let waits = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM access_notices WHERE organization_id = $1 AND notice_id = $2)
            AND EXISTS (SELECT FROM access_requests
                        WHERE organization_id = $1 AND state = $3 AND expire_time > $4)",
    )
    .bind(name.organization)
    .bind(name.notice)
    .bind(AccessRequestState::Pending)
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(waits)
}

/// At most `limit` profile users whose end is to be told of at `now`, locked until the transaction ends; passing over those
/// that somebody else holds. Cross-tenant; the job only.
pub(crate) async fn lock_due(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Ending>, DatabaseError> {
    let due = sqlx::query_as(
        "SELECT organization_id, person_id, expire_time FROM profile_users
         WHERE remind_time <= $1 ORDER BY remind_time LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
    );
    Ok(due.bind(now).bind(limit).fetch_all(tx).await?)
}

/// Stores that the end of a locked profile user was told of.
pub(crate) async fn reminded(tx: &mut PgConnection, ending: &Ending) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE profile_users SET remind_time = NULL WHERE organization_id = $1 AND person_id = $2")
        .bind(ending.organization)
        .bind(ending.person)
        .execute(tx)
        .await?;
    Ok(())
}

/// Stores a reminder, unless there is one of the same end to the same recipient.
pub(crate) async fn insert_reminder(
    tx: &mut PgConnection,
    reminder: &AccessReminder,
) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO access_reminders (organization_id, reminder_id, person_id, recipient, expire_time)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT access_reminders_once DO NOTHING",
    )
    .bind(reminder.organization)
    .bind(reminder.id)
    .bind(reminder.person)
    .bind(reminder.recipient)
    .bind(reminder.expire_time)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// A reminder.
pub(crate) async fn find_reminder(
    db: &mut PgConnection,
    name: AccessNoticeName,
) -> Result<Option<AccessReminder>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, reminder_id, person_id, recipient, expire_time FROM access_reminders
         WHERE organization_id = $1 AND reminder_id = $2",
    );
    let found = found.bind(name.organization).bind(name.notice);
    Ok(found.fetch_optional(db).await?)
}

/// Stores that somebody is to be told of a move of the ownership.
pub(crate) async fn insert_ownership_notice(
    tx: &mut PgConnection,
    notice: &OwnershipNotice,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO ownership_notices (organization_id, notice_id, person_id, recipient, move_time)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(notice.organization)
    .bind(notice.id)
    .bind(notice.person)
    .bind(notice.recipient)
    .bind(notice.move_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A notice of a move.
pub(crate) async fn find_ownership_notice(
    db: &mut PgConnection,
    name: AccessNoticeName,
) -> Result<Option<OwnershipNotice>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, notice_id, person_id, recipient, move_time FROM ownership_notices
         WHERE organization_id = $1 AND notice_id = $2",
    );
    let found = found.bind(name.organization).bind(name.notice);
    Ok(found.fetch_optional(db).await?)
}

/// Stores that the owner is to be told of a suspension, or of its end.
pub(crate) async fn insert_suspension_notice(
    tx: &mut PgConnection,
    notice: &SuspensionNotice,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO suspension_notices (organization_id, notice_id, version, is_over, act_time)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(notice.organization)
    .bind(notice.id)
    .bind(notice.version)
    .bind(notice.is_over)
    .bind(notice.act_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A notice of a suspension or of its end, if none came after it.
pub(crate) async fn find_latest_suspension_notice(
    db: &mut PgConnection,
    name: AccessNoticeName,
) -> Result<Option<SuspensionNotice>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, notice_id, version, is_over, act_time FROM suspension_notices AS s
         WHERE organization_id = $1 AND notice_id = $2
           AND NOT EXISTS (SELECT FROM suspension_notices AS later
                           WHERE later.organization_id = s.organization_id AND later.version > s.version)",
    );
    let found = found.bind(name.organization).bind(name.notice);
    Ok(found.fetch_optional(db).await?)
}

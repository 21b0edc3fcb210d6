//! What was mailed about people who could not accept.

use muster_database::DatabaseError;
use muster_ids::{AcceptanceNoticeName, GroupId, InvitationName, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::state_lists::live;
use crate::domain::acceptance_notice::AcceptanceNotice;

/// As many invitations are looked at for one mail: who is told of so many looks at all of them.
const MAX_LOOKED_AT: i64 = 100;

impl FromRow<'_, PgRow> for AcceptanceNotice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("notice_id")?,
            person: row.try_get("person_id")?,
            number: row.try_get("number")?,
            mail_time: row.try_get("mail_time")?,
        })
    }
}

/// Whether a mail that tells of this invitation was asked for after `since`.
pub(crate) async fn is_told(
    db: &mut PgConnection,
    name: InvitationName,
    since: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let told = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM unmet_acceptances
                        WHERE organization_id = $1 AND invitation_id = $2 AND tell_time > $3)",
    );
    let told = told.bind(name.organization).bind(name.invitation).bind(since);
    Ok(told.fetch_one(db).await?)
}

/// Writes down that this person is told of an invitation; `false` if that was asked for after `since`.
pub(crate) async fn tell(
    tx: &mut PgConnection,
    name: InvitationName,
    person: PersonId,
    now: OffsetDateTime,
    since: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let told = sqlx::query(
        "INSERT INTO unmet_acceptances AS u (organization_id, invitation_id, person_id, tell_time) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT unmet_acceptances_pkey DO UPDATE SET person_id = $3, tell_time = $4
         WHERE u.tell_time <= $5",
    )
    .bind(name.organization)
    .bind(name.invitation)
    .bind(person)
    .bind(now)
    .bind(since)
    .execute(tx)
    .await?;
    Ok(told.rows_affected() == 1)
}

/// The groups of each invitation that this notice is to tell of and that can still be accepted at `now`, the latest first.
pub(crate) async fn groups(
    db: &mut PgConnection,
    notice: &AcceptanceNotice,
    now: OffsetDateTime,
) -> Result<Vec<Vec<GroupId>>, DatabaseError> {
    let found = sqlx::query_scalar(concat!(
        "SELECT ARRAY(SELECT g.group_id FROM invitation_groups g
                      WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id)
         FROM unmet_acceptances u JOIN invitations i USING (organization_id, invitation_id)
         WHERE u.organization_id = $1 AND u.person_id = $2 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $3 ORDER BY u.tell_time DESC LIMIT $4",
    ))
    .bind(notice.organization)
    .bind(notice.person)
    .bind(now)
    .bind(MAX_LOOKED_AT)
    .fetch_all(db)
    .await?;
    Ok(found)
}

/// The notice of this person, made if there is none yet, and locked until the transaction ends.
pub(crate) async fn lock_or_insert(
    tx: &mut PgConnection,
    new: AcceptanceNotice,
) -> Result<AcceptanceNotice, DatabaseError> {
    // Two statements: one that found another transaction's row would not return it.
    sqlx::query(
        "INSERT INTO acceptance_notices (organization_id, notice_id, person_id, number) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT acceptance_notices_once DO NOTHING",
    )
    .bind(new.organization)
    .bind(new.id)
    .bind(new.person)
    .bind(new.number)
    .execute(&mut *tx)
    .await?;
    let locked = sqlx::query_as(
        "SELECT organization_id, notice_id, person_id, number, mail_time FROM acceptance_notices
         WHERE organization_id = $1 AND person_id = $2 FOR UPDATE",
    );
    Ok(locked
        .bind(new.organization)
        .bind(new.person)
        .fetch_one(tx)
        .await?)
}

/// Stores a notice that asked for one more mail; its row is locked.
pub(crate) async fn update(tx: &mut PgConnection, changed: &AcceptanceNotice) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE acceptance_notices SET number = $3, mail_time = $4
         WHERE organization_id = $1 AND notice_id = $2 AND number = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.number)
    .bind(changed.mail_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A notice.
pub(crate) async fn find(
    db: &mut PgConnection,
    name: AcceptanceNoticeName,
) -> Result<Option<AcceptanceNotice>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, notice_id, person_id, number, mail_time FROM acceptance_notices
         WHERE organization_id = $1 AND notice_id = $2",
    );
    Ok(found
        .bind(name.organization)
        .bind(name.notice)
        .fetch_optional(db)
        .await?)
}

//! What administrators have been mailed about people who wait to be verified.

mod row;

use muster_database::DatabaseError;
use muster_ids::VerificationNoticeName;
use sqlx::PgConnection;

use super::guarded;
use crate::domain::VerificationNotice;

/// The notice of this administrator, made if there is none yet, and locked until the transaction ends.
pub(crate) async fn lock_or_insert(
    tx: &mut PgConnection,
    new: VerificationNotice,
) -> Result<VerificationNotice, DatabaseError> {
    // Two statements: one that found another transaction's row would not return it.
    sqlx::query(
        "INSERT INTO verification_notices (organization_id, notice_id, person_id, number) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT verification_notices_once DO NOTHING",
    )
    .bind(new.organization)
    .bind(new.id)
    .bind(new.person)
    .bind(new.number)
    .execute(&mut *tx)
    .await?;
    let locked = sqlx::query_as(
        "SELECT organization_id, notice_id, person_id, number, mail_time FROM verification_notices
         WHERE organization_id = $1 AND person_id = $2 FOR UPDATE",
    )
    .bind(new.organization)
    .bind(new.person)
    .fetch_one(tx)
    .await?;
    Ok(locked)
}

/// Stores a notice that asked for one more mail; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &VerificationNotice) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE verification_notices SET number = $3, mail_time = $4
         WHERE organization_id = $1 AND notice_id = $2 AND number = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.number)
    .bind(changed.mail_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// A notice.
pub(crate) async fn find(
    db: &mut PgConnection,
    name: VerificationNoticeName,
) -> Result<Option<VerificationNotice>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, notice_id, person_id, number, mail_time FROM verification_notices
         WHERE organization_id = $1 AND notice_id = $2",
    )
    .bind(name.organization)
    .bind(name.notice)
    .fetch_optional(db)
    .await?;
    Ok(found)
}

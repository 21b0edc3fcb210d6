//! Who read whose record.

use muster_database::DatabaseError;
use muster_ids::{AccessId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::RecordAccess;

impl FromRow<'_, PgRow> for RecordAccess {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("access_id")?,
            organization: row.try_get("organization_id")?,
            reader: row.try_get("reader_person_id")?,
            reader_display_name: row.try_get("reader_display_name")?,
            reason: row.try_get("reason")?,
            grant: row.try_get("grant_id")?,
            access_time: row.try_get("access_time")?,
        })
    }
}

/// Logs a reading.
pub(crate) async fn insert(tx: &mut PgConnection, access: &RecordAccess) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO record_accesses (person_id, access_id, organization_id, reader_person_id, reader_display_name,
                                      reason, grant_id, access_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(access.person)
    .bind(access.id)
    .bind(access.organization)
    .bind(access.reader)
    .bind(&access.reader_display_name)
    .bind(access.reason)
    .bind(access.grant)
    .bind(access.access_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// The readings of a person's record, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<AccessId>,
    limit: i64,
) -> Result<Vec<RecordAccess>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT person_id, access_id, organization_id, reader_person_id, reader_display_name, reason, grant_id,
                access_time
         FROM record_accesses
         WHERE person_id = $1 AND ($2::uuid IS NULL OR access_id < $2)
         ORDER BY access_id DESC LIMIT $3",
    )
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

//! Who read whose record.

use muster_database::DatabaseError;
use muster_ids::{AccessId, GrantId, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Before;
use crate::domain::RecordAccess;

#[derive(Debug, sqlx::FromRow)]
struct AccessRow {
    person_id: Uuid,
    access_id: Uuid,
    organization_id: Uuid,
    reader_person_id: Uuid,
    reader_display_name: String,
    grant_id: Uuid,
    access_time: OffsetDateTime,
}

impl From<AccessRow> for RecordAccess {
    fn from(row: AccessRow) -> Self {
        Self {
            person: PersonId::from_uuid(row.person_id),
            id: AccessId::from_uuid(row.access_id),
            organization: OrganizationId::from_uuid(row.organization_id),
            reader: PersonId::from_uuid(row.reader_person_id),
            reader_display_name: row.reader_display_name,
            grant: GrantId::from_uuid(row.grant_id),
            access_time: row.access_time,
        }
    }
}

/// Logs a reading.
///
/// # Errors
/// The database's.
pub(crate) async fn insert(tx: &mut PgConnection, access: &RecordAccess) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO record_accesses (person_id, access_id, organization_id, reader_person_id, reader_display_name,
                                      reason, grant_id, access_time)
         VALUES ($1, $2, $3, $4, $5, 'GRANT', $6, $7)",
    )
    .bind(access.person.as_uuid())
    .bind(access.id.as_uuid())
    .bind(access.organization.as_uuid())
    .bind(access.reader.as_uuid())
    .bind(&access.reader_display_name)
    .bind(access.grant.as_uuid())
    .bind(access.access_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// The readings of a person's record, newest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Before,
    limit: i64,
) -> Result<Vec<RecordAccess>, DatabaseError> {
    let rows: Vec<AccessRow> = sqlx::query_as(
        "SELECT person_id, access_id, organization_id, reader_person_id, reader_display_name, grant_id, access_time
         FROM record_accesses
         WHERE person_id = $1 AND ($2::uuid IS NULL OR access_id < $2)
         ORDER BY access_id DESC LIMIT $3",
    )
    .bind(person.as_uuid())
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(RecordAccess::from).collect())
}

//! Who read whose record.

use muster_database::DatabaseError;
use muster_ids::{AccessId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{AccessReason, Permit, RecordAccess};

impl FromRow<'_, PgRow> for Permit {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(match row.try_get("reason")? {
            AccessReason::Grant => Self::Grant(row.try_get("grant_id")?),
            AccessReason::Staff => Self::Staff,
        })
    }
}

impl FromRow<'_, PgRow> for RecordAccess {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("access_id")?,
            organization: row.try_get("organization_id")?,
            organization_display_name: row.try_get("organization_display_name")?,
            reader: row.try_get("reader_person_id")?,
            reader_display_name: row.try_get("reader_display_name")?,
            permit: Permit::from_row(row)?,
            access_time: row.try_get("access_time")?,
            export: row.try_get("export_format")?,
            kind: row.try_get("kind")?,
            reader_role: row.try_get("reader_role")?,
        })
    }
}

/// Logs a reading.
pub(crate) async fn insert(tx: &mut PgConnection, access: &RecordAccess) -> Result<(), DatabaseError> {
    insert_all(tx, std::slice::from_ref(access)).await
}

/// Logs readings.
pub(crate) async fn insert_all(
    tx: &mut PgConnection,
    accesses: &[RecordAccess],
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO record_accesses (person_id, access_id, organization_id, reader_person_id, reader_display_name,
                                      reason, grant_id, access_time, export_format, kind, reader_role,
                                      organization_display_name)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[],
                              $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[])",
    )
    .bind(column(accesses, |access| access.person))
    .bind(column(accesses, |access| access.id))
    .bind(column(accesses, |access| access.organization))
    .bind(column(accesses, |access| access.reader))
    .bind(column(accesses, |access| access.reader_display_name.as_str()))
    .bind(column(accesses, |access| access.permit.reason()))
    .bind(column(accesses, |access| access.permit.grant()))
    .bind(column(accesses, |access| access.access_time))
    .bind(column(accesses, |access| access.export))
    .bind(column(accesses, |access| access.kind))
    .bind(column(accesses, |access| access.reader_role))
    .bind(column(accesses, |access| access.organization_display_name.as_str()))
    .execute(tx)
    .await?;
    Ok(())
}

fn column<'a, T>(accesses: &'a [RecordAccess], value: impl Fn(&'a RecordAccess) -> T) -> Vec<T> {
    accesses.iter().map(value).collect()
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
                access_time, export_format, kind, reader_role, organization_display_name
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

//! License numbers of approved profiles, dated.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::organization::row::authority;
use crate::domain::{DatedLicense, License};

impl FromRow<'_, PgRow> for DatedLicense {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: row.try_get("number")?,
            license: License::stored(
                authority(row)?,
                row.try_get("license_number_as_given")?,
                row.try_get("license_number_normalized")?,
            ),
            begin_time: row.try_get("begin_time")?,
            end_time: row.try_get("end_time")?,
        })
    }
}

/// Dates the number that a profile has from now on; its row is locked. One that it had ends now.
pub(crate) async fn begin(
    tx: &mut PgConnection,
    organization: OrganizationId,
    license: &License,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    end(tx, organization, now).await?;
    sqlx::query(
        "INSERT INTO license_numbers (organization_id, number, licensing_authority, license_number_normalized,
                license_number_as_given, begin_time)
         SELECT $1, 1 + coalesce(max(number), 0), $2, $3, $4, $5 FROM license_numbers WHERE organization_id = $1",
    )
    .bind(organization)
    .bind(license.authority().as_str())
    .bind(license.normalized())
    .bind(license.as_given())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends the number that a profile has.
pub(crate) async fn end(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE license_numbers SET end_time = GREATEST(begin_time, $2) WHERE organization_id = $1 AND end_time IS NULL",
    )
    .bind(organization)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// The numbers of a profile, the latest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<DatedLicense>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT number, licensing_authority, license_number_normalized, license_number_as_given, begin_time, end_time
         FROM license_numbers
         WHERE organization_id = $1 AND ($2::integer IS NULL OR number < $2)
         ORDER BY number DESC LIMIT $3",
    );
    let page = page.bind(organization).bind(before).bind(limit);
    Ok(page.fetch_all(db).await?)
}

//! What authorities have licensed. Of no organization: its license says which programme it is.

use muster_database::DatabaseError;
use muster_ids::{ProgrammeId, ProgrammeLoadId};
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::organization::row::authority;
use crate::domain::{License, LoadRow, ProgrammeType, PublicName, RowOutcome, ShortName};

/// What became of a row.
pub(crate) struct Stored {
    /// The number of the row.
    pub(crate) row: i32,
    pub(crate) programme: ProgrammeId,
    pub(crate) outcome: RowOutcome,
}

/// Adds the programmes that are not known and changes the others, and writes into each by which row of which load; `ids` are
/// those of new ones. Answers what became of each row; a row with the license of another one of the same load
/// is not among them. In the order of licenses, so that two loads never wait for each other.
pub(crate) async fn put_all(
    tx: &mut PgConnection,
    load: ProgrammeLoadId,
    ids: &[ProgrammeId],
    rows: &[LoadRow],
    now: OffsetDateTime,
) -> Result<Vec<Stored>, DatabaseError> {
    let each = |text: fn(&LoadRow) -> &str| rows.iter().map(text).collect::<Vec<_>>();
    let stored = sqlx::query_as(
        "INSERT INTO programmes AS known (programme_id, licensing_authority, license_number_normalized,
                license_number_as_given, display_name, street_address, city, region, postal_code, programme_type,
                license_status, added_load_id, changed_load_id, seen_load_id, seen_row_number, create_time, update_time)
         SELECT id, authority, normalized, as_given, name, street, city, region, postal_code, kind, status, $1, $1, $1,
                number, $2, $2
         FROM UNNEST ($3::uuid[], $4::int4[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                      $11::text[], $12::text[], $13::text[], $14::text[])
              AS told (id, number, authority, normalized, as_given, name, street, city, region, postal_code, kind, status)
         ORDER BY authority, normalized
         ON CONFLICT ON CONSTRAINT programmes_license DO UPDATE
         SET (license_number_as_given, display_name, street_address, city, region, postal_code, programme_type,
                license_status, seen_load_id, seen_row_number)
             = (EXCLUDED.license_number_as_given, EXCLUDED.display_name, EXCLUDED.street_address, EXCLUDED.city,
                EXCLUDED.region, EXCLUDED.postal_code, EXCLUDED.programme_type, EXCLUDED.license_status,
                EXCLUDED.seen_load_id, EXCLUDED.seen_row_number),
             (changed_load_id, update_time)
             = (SELECT CASE WHEN news THEN EXCLUDED.changed_load_id ELSE known.changed_load_id END,
                       CASE WHEN news THEN EXCLUDED.update_time ELSE known.update_time END
                FROM (SELECT (known.license_number_as_given, known.display_name, known.street_address, known.city,
                              known.region, known.postal_code, known.programme_type, known.license_status)
                             <> (EXCLUDED.license_number_as_given, EXCLUDED.display_name, EXCLUDED.street_address,
                                 EXCLUDED.city, EXCLUDED.region, EXCLUDED.postal_code, EXCLUDED.programme_type,
                                 EXCLUDED.license_status) AS news) AS compared)
         WHERE known.seen_load_id <> EXCLUDED.seen_load_id
         RETURNING programme_id, seen_row_number, added_load_id = $1 AS is_added, changed_load_id = $1 AS is_changed",
    );
    let stored = stored
        .bind(load)
        .bind(now)
        .bind(ids)
        .bind(rows.iter().map(|row| row.number).collect::<Vec<_>>())
        .bind(each(|row| row.programme.license.authority().as_str()))
        .bind(each(|row| row.programme.license.normalized()))
        .bind(each(|row| row.programme.license.as_given()))
        .bind(each(|row| row.programme.display_name.as_str()))
        .bind(each(|row| {
            or_empty(row.programme.address.street_address.as_ref())
        }))
        .bind(each(|row| row.programme.address.city.as_str()))
        .bind(each(|row| or_empty(row.programme.address.region.as_ref())))
        .bind(each(|row| or_empty(row.programme.address.postal_code.as_ref())))
        .bind(each(|row| row.programme.kind.as_str()))
        .bind(each(|row| row.programme.license_status.as_str()));
    Ok(stored.fetch_all(tx).await?)
}

/// What a profile takes over from a programme.
pub(crate) struct LicensedSite {
    pub(crate) display_name: PublicName,
    pub(crate) kind: ProgrammeType,
    pub(crate) license: License,
}

/// What a profile takes over from a programme, which is locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    id: ProgrammeId,
) -> Result<Option<LicensedSite>, DatabaseError> {
    let locked = sqlx::query_as(
        "SELECT display_name, programme_type, licensing_authority, license_number_as_given, license_number_normalized
         FROM programmes WHERE programme_id = $1 FOR NO KEY UPDATE",
    );
    Ok(locked.bind(id).fetch_optional(tx).await?)
}

impl FromRow<'_, PgRow> for LicensedSite {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            display_name: PublicName::stored(row.try_get("display_name")?),
            kind: row.try_get("programme_type")?,
            license: License::stored(
                authority(row)?,
                row.try_get("license_number_as_given")?,
                row.try_get("license_number_normalized")?,
            ),
        })
    }
}

/// By which row each of these licenses was told of last: pairs of the number here and the number there.
pub(crate) async fn rows_seen(
    db: &mut PgConnection,
    rows: &[LoadRow],
) -> Result<Vec<(i32, i32)>, DatabaseError> {
    let each = |text: fn(&LoadRow) -> &str| rows.iter().map(text).collect::<Vec<_>>();
    let seen = sqlx::query_as(
        "SELECT told.number, known.seen_row_number
         FROM UNNEST ($1::int4[], $2::text[], $3::text[]) AS told (number, authority, normalized)
         JOIN programmes AS known
           ON known.licensing_authority = told.authority AND known.license_number_normalized = told.normalized",
    );
    let seen = seen
        .bind(rows.iter().map(|row| row.number).collect::<Vec<_>>())
        .bind(each(|row| row.programme.license.authority().as_str()))
        .bind(each(|row| row.programme.license.normalized()));
    Ok(seen.fetch_all(db).await?)
}

/// A line that may be left out, as it is stored.
pub(super) fn or_empty(text: Option<&ShortName>) -> &str {
    text.map_or("", ShortName::as_str)
}

impl FromRow<'_, PgRow> for Stored {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        let outcome = match (row.try_get("is_added")?, row.try_get("is_changed")?) {
            (true, _) => RowOutcome::Added,
            (false, true) => RowOutcome::Changed,
            (false, false) => RowOutcome::Unchanged,
        };
        Ok(Self {
            row: row.try_get("seen_row_number")?,
            programme: row.try_get("programme_id")?,
            outcome,
        })
    }
}

/// The programme with a license, unless somebody has claimed it.
pub(crate) async fn find_unclaimed(
    db: &mut PgConnection,
    license: &License,
) -> Result<Option<ProgrammeId>, DatabaseError> {
    let found = sqlx::query_scalar(
        "SELECT programme_id FROM programmes AS p
         WHERE licensing_authority = $1 AND license_number_normalized = $2
           AND NOT EXISTS (SELECT FROM organizations AS claimant
                           WHERE claimant.programme_id = p.programme_id AND claimant.state NOT IN ('REJECTED', 'CLOSED'))",
    );
    let found = found
        .bind(license.authority().as_str())
        .bind(license.normalized());
    Ok(found.fetch_optional(db).await?)
}

//! Locations.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{LocationId, LocationName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use super::guarded;
use crate::domain::{Location, ShortName};

/// The constraint that refuses a second location of a name.
pub(crate) const NAME_TAKEN: &str = "locations_name";

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT organization_id, location_id, display_name, state, version, create_time
             FROM locations WHERE organization_id = $1 AND ",
            $which
        )
    };
}

impl FromRow<'_, PgRow> for Location {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("location_id")?,
            display_name: ShortName::stored(row.try_get("display_name")?),
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
        })
    }
}

/// Adds a location, unless the organization has one of that name.
pub(crate) async fn insert(tx: &mut PgConnection, location: &Location) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO locations (organization_id, location_id, display_name, version, create_time, state)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT locations_name DO NOTHING",
    )
    .bind(location.organization)
    .bind(location.id)
    .bind(location.display_name.as_str())
    .bind(location.version)
    .bind(location.create_time)
    .bind(location.state)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// Stores a location that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Location) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE locations SET display_name = $4, state = $5, version = $3
         WHERE organization_id = $1 AND location_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.display_name.as_str())
    .bind(changed.state)
    .execute(tx)
    .await?;
    guarded(done)
}

/// A location, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    name: LocationName,
) -> Result<Option<Location>, DatabaseError> {
    let locked = sqlx::query_as(select!("location_id = $2 FOR NO KEY UPDATE"))
        .bind(name.organization)
        .bind(name.location);
    Ok(locked.fetch_optional(tx).await?)
}

/// How many locations an organization has.
pub(crate) async fn count(db: &mut PgConnection, organization: OrganizationId) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM locations WHERE organization_id = $1");
    Ok(count.bind(organization).fetch_one(db).await?)
}

/// At most `limit` locations of an organization in the order of their names, after the name `after`.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Location>, DatabaseError> {
    let locations = sqlx::query_as(select!(
        "($2::text IS NULL OR display_name > $2) ORDER BY display_name LIMIT $3"
    ))
    .bind(organization)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(locations)
}

/// Those of the named locations that the organization has.
pub(crate) async fn find_all(
    db: &mut PgConnection,
    organization: OrganizationId,
    locations: &[LocationId],
) -> Result<Vec<Location>, DatabaseError> {
    let found = sqlx::query_as(select!("location_id = ANY ($2)"))
        .bind(organization)
        .bind(locations);
    Ok(found.fetch_all(db).await?)
}

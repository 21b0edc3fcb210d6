//! Locations.

use muster_database::DatabaseError;
use muster_ids::{LocationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Location, ShortName};

/// The constraint that refuses a second location of a name.
pub(crate) const NAME_TAKEN: &str = "locations_name";

/// Adds a location.
pub(crate) async fn insert(tx: &mut PgConnection, location: &Location) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO locations (organization_id, location_id, display_name, create_time) VALUES ($1, $2, $3, $4)",
    )
    .bind(location.organization.as_uuid())
    .bind(location.id.as_uuid())
    .bind(location.display_name.as_str())
    .bind(location.created)
    .execute(tx)
    .await?;
    Ok(())
}

/// How many locations an organization has.
pub(crate) async fn count(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM locations WHERE organization_id = $1")
        .bind(organization.as_uuid())
        .fetch_one(connection)
        .await?;
    Ok(count)
}

/// At most `limit` locations of an organization in the order of their names, after the name `after`.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Location>, DatabaseError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT location_id, display_name, create_time FROM locations
         WHERE organization_id = $1 AND ($2::text IS NULL OR display_name > $2) ORDER BY display_name LIMIT $3",
    )
    .bind(organization.as_uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| read(organization, row)).collect())
}

/// Those of the named locations that the organization has.
pub(crate) async fn named(
    connection: &mut PgConnection,
    organization: OrganizationId,
    locations: Vec<LocationId>,
) -> Result<Vec<Location>, DatabaseError> {
    let asked: Vec<Uuid> = locations.into_iter().map(LocationId::as_uuid).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT location_id, display_name, create_time FROM locations
         WHERE organization_id = $1 AND location_id = ANY ($2)",
    )
    .bind(organization.as_uuid())
    .bind(&asked)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| read(organization, row)).collect())
}

type Row = (Uuid, String, OffsetDateTime);

fn read(organization: OrganizationId, (id, display_name, created): Row) -> Location {
    Location {
        organization,
        id: LocationId::from_uuid(id),
        display_name: ShortName::stored(display_name),
        created,
    }
}

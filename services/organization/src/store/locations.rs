//! Locations.

use muster_database::DatabaseError;
use muster_ids::{LocationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::stored;
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

/// All locations of an organization, in the order of their names.
pub(crate) async fn all(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Vec<Location>, DatabaseError> {
    let rows: Vec<(Uuid, String, OffsetDateTime)> = sqlx::query_as(
        "SELECT location_id, display_name, create_time FROM locations
         WHERE organization_id = $1 ORDER BY display_name",
    )
    .bind(organization.as_uuid())
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(id, display_name, created)| {
            let display_name = stored("locations.display_name", ShortName::parse(&display_name).ok())?;
            Ok(Location {
                organization,
                id: LocationId::from_uuid(id),
                display_name,
                created,
            })
        })
        .collect()
}

//! The organization's own catalog.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::CatalogTraining;

/// Adds a training, unless it is there already.
pub(crate) async fn insert(tx: &mut PgConnection, added: &CatalogTraining) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO catalog_trainings (organization_id, training_id, create_time) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT catalog_trainings_pkey DO NOTHING",
    )
    .bind(added.organization.as_uuid())
    .bind(added.training.as_uuid())
    .bind(added.created)
    .execute(tx)
    .await?;
    Ok(())
}

/// A training of the catalog.
pub(crate) async fn get(
    connection: &mut PgConnection,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<Option<CatalogTraining>, DatabaseError> {
    let created: Option<OffsetDateTime> = sqlx::query_scalar(
        "SELECT create_time FROM catalog_trainings WHERE organization_id = $1 AND training_id = $2",
    )
    .bind(organization.as_uuid())
    .bind(training.as_uuid())
    .fetch_optional(connection)
    .await?;
    Ok(created.map(|created| CatalogTraining {
        organization,
        training,
        created,
    }))
}

/// Which of these trainings the catalog does not hold: their places in `trainings`.
pub(crate) async fn missing(
    connection: &mut PgConnection,
    organization: OrganizationId,
    trainings: &[TrainingId],
) -> Result<Vec<usize>, DatabaseError> {
    let asked: Vec<Uuid> = trainings.iter().map(|id| id.as_uuid()).collect();
    let held: Vec<Uuid> = sqlx::query_scalar(
        "SELECT training_id FROM catalog_trainings WHERE organization_id = $1 AND training_id = ANY ($2)",
    )
    .bind(organization.as_uuid())
    .bind(&asked)
    .fetch_all(connection)
    .await?;
    let missing = asked.iter().enumerate().filter(|(_, id)| !held.contains(id));
    Ok(missing.map(|(place, _)| place).collect())
}

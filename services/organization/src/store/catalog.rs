//! The organization's own catalog.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::CatalogTraining;

/// Adds a training that the catalog does not hold; its organization is locked.
pub(crate) async fn insert(tx: &mut PgConnection, added: &CatalogTraining) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO catalog_trainings (organization_id, training_id, create_time) VALUES ($1, $2, $3)",
    )
    .bind(added.organization)
    .bind(added.training)
    .bind(added.create_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// A training of the catalog.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<Option<CatalogTraining>, DatabaseError> {
    let create_time: Option<OffsetDateTime> = sqlx::query_scalar(
        "SELECT create_time FROM catalog_trainings WHERE organization_id = $1 AND training_id = $2",
    )
    .bind(organization)
    .bind(training)
    .fetch_optional(db)
    .await?;
    Ok(create_time.map(|create_time| CatalogTraining {
        organization,
        training,
        create_time,
    }))
}

/// Which of these trainings the catalog does not hold: their places in `trainings`.
pub(crate) async fn find_missing(
    db: &mut PgConnection,
    organization: OrganizationId,
    trainings: &[TrainingId],
) -> Result<Vec<usize>, DatabaseError> {
    let held: Vec<TrainingId> = sqlx::query_scalar(
        "SELECT training_id FROM catalog_trainings WHERE organization_id = $1 AND training_id = ANY ($2)",
    )
    .bind(organization)
    .bind(trainings)
    .fetch_all(db)
    .await?;
    let missing = trainings.iter().enumerate().filter(|(_, id)| !held.contains(id));
    Ok(missing.map(|(place, _)| place).collect())
}

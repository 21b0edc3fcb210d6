//! The organization's own catalog.

use muster_database::DatabaseError;
use muster_ids::{CatalogTrainingName, OrganizationId, TrainingId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use super::guarded;
use crate::domain::{CatalogTraining, CatalogTrainingState};

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT organization_id, training_id, state, version, create_time FROM catalog_trainings WHERE organization_id = $1 AND ",
            $which
        )
    };
}

impl FromRow<'_, PgRow> for CatalogTraining {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            training: row.try_get("training_id")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
        })
    }
}

/// Adds a training that the catalog does not hold; its organization is locked.
pub(crate) async fn insert(tx: &mut PgConnection, added: &CatalogTraining) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO catalog_trainings (organization_id, training_id, create_time, state, version)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(added.organization)
    .bind(added.training)
    .bind(added.create_time)
    .bind(added.state)
    .bind(added.version)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores a training that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &CatalogTraining) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE catalog_trainings SET state = $4, version = $3
         WHERE organization_id = $1 AND training_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.training)
    .bind(changed.version)
    .bind(changed.state)
    .execute(tx)
    .await?;
    guarded(done)
}

/// A training of the catalog, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    name: CatalogTrainingName,
) -> Result<Option<CatalogTraining>, DatabaseError> {
    let locked = sqlx::query_as(select!("training_id = $2 FOR NO KEY UPDATE"))
        .bind(name.organization)
        .bind(name.training);
    Ok(locked.fetch_optional(tx).await?)
}

/// A training of the catalog.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<Option<CatalogTraining>, DatabaseError> {
    let found = sqlx::query_as(select!("training_id = $2"))
        .bind(organization)
        .bind(training);
    Ok(found.fetch_optional(db).await?)
}

/// At most `limit` trainings of the catalog after `after`, in the order of their ids.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<TrainingId>,
    limit: i64,
) -> Result<Vec<CatalogTraining>, DatabaseError> {
    let trainings = sqlx::query_as(select!(
        "($2::uuid IS NULL OR training_id > $2) ORDER BY training_id LIMIT $3"
    ))
    .bind(organization)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(trainings)
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

/// Which of these trainings the catalog holds inactive.
pub(crate) async fn inactive_among(
    db: &mut PgConnection,
    organization: OrganizationId,
    trainings: &[TrainingId],
) -> Result<Vec<TrainingId>, DatabaseError> {
    let inactive = sqlx::query_scalar(
        "SELECT training_id FROM catalog_trainings WHERE organization_id = $1 AND training_id = ANY ($2) AND state = $3",
    )
    .bind(organization)
    .bind(trainings)
    .bind(CatalogTrainingState::Inactive)
    .fetch_all(db)
    .await?;
    Ok(inactive)
}

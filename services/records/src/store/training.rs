//! The shared catalog.

use muster_database::DatabaseError;
use muster_ids::{PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::Training;

/// The index that refuses a code that is taken.
pub(crate) const CODE_TAKEN: &str = "trainings_code";

#[derive(Debug, sqlx::FromRow)]
struct TrainingRow {
    training_id: Uuid,
    code: String,
    display_name: String,
    description: String,
    create_time: OffsetDateTime,
}

impl From<TrainingRow> for Training {
    fn from(row: TrainingRow) -> Self {
        Self {
            id: TrainingId::from_uuid(row.training_id),
            code: row.code,
            display_name: row.display_name,
            description: row.description,
            create_time: row.create_time,
        }
    }
}

/// Puts a training into the catalog.
///
/// # Errors
/// The database's; the constraint [`CODE_TAKEN`].
pub(crate) async fn insert(
    tx: &mut PgConnection,
    new: &Training,
    creator: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.id.as_uuid())
    .bind(&new.code)
    .bind(&new.display_name)
    .bind(&new.description)
    .bind(creator.as_uuid())
    .bind(new.create_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Trainings in the order of their codes, from behind `after`.
///
/// # Errors
/// The database's.
pub(crate) async fn list(
    db: &mut PgConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Training>, DatabaseError> {
    let rows: Vec<TrainingRow> = sqlx::query_as(
        "SELECT training_id, code, display_name, description, create_time FROM trainings
         WHERE $1::text IS NULL OR code > $1 ORDER BY code LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Training::from).collect())
}

/// Those of the trainings that exist, in no order.
///
/// # Errors
/// The database's.
pub(crate) async fn get_all(
    db: &mut PgConnection,
    ids: &[TrainingId],
) -> Result<Vec<Training>, DatabaseError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<TrainingRow> = sqlx::query_as(
        "SELECT training_id, code, display_name, description, create_time FROM trainings
         WHERE training_id = ANY ($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Training::from).collect())
}

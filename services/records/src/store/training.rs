//! The shared catalog.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{PersonId, TrainingId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Training, Worth};

impl FromRow<'_, PgRow> for Training {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("training_id")?,
            code: row.try_get("code")?,
            display_name: row.try_get("display_name")?,
            description: row.try_get("description")?,
            worth: Worth {
                duration_minutes: row.try_get("duration_minutes")?,
                validity_months: row.try_get("validity_months")?,
            },
            create_time: row.try_get("create_time")?,
            create_reason: row.try_get("create_reason")?,
        })
    }
}

/// Puts a training into the catalog, unless there is one with its code.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    new: &Training,
    creator: PersonId,
) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time,
                                duration_minutes, validity_months, create_reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (lower(code)) DO NOTHING",
    )
    .bind(new.id)
    .bind(&new.code)
    .bind(&new.display_name)
    .bind(&new.description)
    .bind(creator)
    .bind(new.create_time)
    .bind(new.worth.duration_minutes)
    .bind(new.worth.validity_months)
    .bind(&new.create_reason)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// Trainings in the order of their codes, from behind `after`.
pub(crate) async fn list(
    db: &mut PgConnection,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Training>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT training_id, code, display_name, description, create_time, duration_minutes, validity_months,
                create_reason
         FROM trainings
         WHERE $1::text IS NULL OR code > $1 ORDER BY code LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// Those of the trainings that exist, in no order.
pub(crate) async fn find_all(
    db: &mut PgConnection,
    ids: &[TrainingId],
) -> Result<Vec<Training>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT training_id, code, display_name, description, create_time, duration_minutes, validity_months,
                create_reason
         FROM trainings
         WHERE training_id = ANY ($1)",
    )
    .bind(ids)
    .fetch_all(db)
    .await?;
    Ok(found)
}

//! Progress that was moved.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, PersonAssignmentName, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Percent, ProgressTransfer};

impl FromRow<'_, PgRow> for ProgressTransfer {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            from: PersonAssignmentName {
                person: row.try_get("person_id")?,
                assignment: row.try_get("assignment_id")?,
            },
            to: PersonAssignmentName {
                person: row.try_get("to_person_id")?,
                assignment: row.try_get("to_assignment_id")?,
            },
            organization: row.try_get("organization_id")?,
            training: row.try_get("training_id")?,
            percent: percent(row, "progress_percent")?,
            to_percent: percent(row, "to_percent")?,
            actor: row.try_get("actor_person_id")?,
            reason: row.try_get("reason")?,
            time: row.try_get("transfer_time")?,
        })
    }
}

fn percent(row: &PgRow, column: &str) -> Result<Percent, sqlx::Error> {
    let percent: i16 = row.try_get(column)?;
    let impossible = |_| sqlx::Error::Decode("a progress is no percentage".into());
    i32::from(percent).try_into().map_err(impossible)
}

/// Writes down that progress was moved.
pub(crate) async fn insert(tx: &mut PgConnection, transfer: &ProgressTransfer) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO progress_transfers (person_id, assignment_id, to_person_id, to_assignment_id, organization_id, training_id,
                                         progress_percent, to_percent, actor_person_id, reason, transfer_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(transfer.from.person)
    .bind(transfer.from.assignment)
    .bind(transfer.to.person)
    .bind(transfer.to.assignment)
    .bind(transfer.organization)
    .bind(transfer.training)
    .bind(i16::from(transfer.percent.get()))
    .bind(i16::from(transfer.to_percent.get()))
    .bind(transfer.actor)
    .bind(&transfer.reason)
    .bind(transfer.time)
    .execute(tx)
    .await?;
    Ok(())
}

/// What was moved from the person or to them, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<ProgressTransfer>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT person_id, assignment_id, to_person_id, to_assignment_id, organization_id, training_id, progress_percent,
                to_percent, actor_person_id, reason, transfer_time
         FROM progress_transfers
         WHERE (person_id = $1 OR to_person_id = $1) AND ($2::uuid IS NULL OR assignment_id < $2)
         ORDER BY assignment_id DESC LIMIT $3",
    )
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

//! Learning records, as files hold them.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Assignment, RecordLine};

impl FromRow<'_, PgRow> for RecordLine {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            assignment: Assignment::from_row(row)?,
            certificate_number: row.try_get("certificate_number")?,
        })
    }
}

/// How many lines the person's record has.
pub(crate) async fn count(db: &mut PgConnection, person: PersonId) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM assignments WHERE person_id = $1");
    Ok(count.bind(person).fetch_one(db).await?)
}

/// Lines of the person's record, newest first. Every certificate stands in one: it is there for an assignment.
pub(crate) async fn list(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<RecordLine>, DatabaseError> {
    let lines = sqlx::query_as(
        "SELECT a.person_id, a.assignment_id, a.organization_id, a.training_id,
                t.display_name AS training_display_name, a.state, a.progress_percent, a.certificate_id, a.version,
                a.assign_time, a.start_time, a.complete_time, COALESCE(a.group_ids, ARRAY[a.group_id]) AS group_ids,
                    a.is_by_hand, a.due_date, a.due_zone, a.due_end_time, a.due_group_id, a.cancel_reason,
                    a.transferred_to_person_id, a.transferred_to_assignment_id, a.transfer_time, c.certificate_number
         FROM assignments a
         JOIN trainings t ON t.training_id = a.training_id
         LEFT JOIN certificates c ON c.person_id = a.person_id AND c.certificate_id = a.certificate_id
         WHERE a.person_id = $1 AND ($2::uuid IS NULL OR a.assignment_id < $2)
         ORDER BY a.assignment_id DESC LIMIT $3",
    )
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(lines)
}

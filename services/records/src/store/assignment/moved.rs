//! What a person took by themself, and its progress when that is moved.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{AssignmentId, PersonAssignmentName, PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Assignment, AssignmentStateName, Moved};
use crate::store::changed_one;

/// What the person took of a training by themself and has to finish.
pub(crate) async fn find_own(
    db: &mut PgConnection,
    person: PersonId,
    training: TrainingId,
) -> Result<Option<Assignment>, DatabaseError> {
    let found = sqlx::query_as(select!(
        "WHERE a.person_id = $1 AND a.training_id = $2 AND a.organization_id IS NULL AND a.employment_id IS NULL
           AND a.state = ANY ($3)"
    ))
    .bind(person)
    .bind(training)
    .bind(AssignmentStateName::LIVE)
    .fetch_optional(db)
    .await?;
    Ok(found)
}

/// Notes that the person takes the training by themself, unless they do.
pub(crate) async fn insert_own(
    tx: &mut PgConnection,
    person: PersonId,
    training: TrainingId,
    id: AssignmentId,
    now: OffsetDateTime,
) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO assignments (person_id, assignment_id, training_id, group_ids, state, progress_percent, version,
                                  assign_time)
         VALUES ($1, $2, $3, '{}', $4, 0, 1, $5)
         ON CONFLICT (person_id, training_id)
             WHERE organization_id IS NULL AND employment_id IS NULL AND state IN ('ASSIGNED', 'IN_PROGRESS')
         DO NOTHING",
    )
    .bind(person)
    .bind(id)
    .bind(training)
    .bind(AssignmentStateName::Assigned)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// Two assignments, locked until the transaction ends, in an order in which nobody waits in a circle.
pub(crate) async fn lock_two(
    tx: &mut PgConnection,
    one: PersonAssignmentName,
    other: PersonAssignmentName,
) -> Result<(Option<Assignment>, Option<Assignment>), DatabaseError> {
    let locked: Vec<Assignment> = sqlx::query_as(select!(
        "WHERE (a.person_id, a.assignment_id) IN (($1, $2), ($3, $4))
         ORDER BY a.person_id, a.assignment_id FOR UPDATE OF a"
    ))
    .bind(one.person)
    .bind(one.assignment)
    .bind(other.person)
    .bind(other.assignment)
    .fetch_all(tx)
    .await?;
    let named = |name| {
        locked
            .iter()
            .find(|assignment| assignment.name() == name)
            .cloned()
    };
    Ok((named(one), named(other)))
}

/// Stores that progress was moved between two live assignments; both rows are locked, and still as they were read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when a row is another version, or not live.
pub(crate) async fn move_progress(tx: &mut PgConnection, moved: &Moved) -> Result<(), DatabaseError> {
    for changed in [&moved.from, &moved.to] {
        let done = sqlx::query(
            "UPDATE assignments
             SET state = $3, progress_percent = $4, start_time = $5, cancel_reason = $6, version = $7, transfer_time = $8,
                 transferred_to_person_id = $9, transferred_to_assignment_id = $10
             WHERE person_id = $1 AND assignment_id = $2 AND version = $7 - 1 AND state = ANY ($11)
               AND progress_percent <= $4",
        )
        .bind(changed.person)
        .bind(changed.id)
        .bind(changed.state.name())
        .bind(i16::from(changed.state.percent().get()))
        .bind(changed.state.start_time())
        .bind(changed.state.cancel_reason())
        .bind(changed.version)
        .bind(changed.transfer_time)
        .bind(changed.transferred_to.map(|to| to.person))
        .bind(changed.transferred_to.map(|to| to.assignment))
        .bind(AssignmentStateName::LIVE)
        .execute(&mut *tx)
        .await?;
        changed_one(done.rows_affected())?;
    }
    Ok(())
}

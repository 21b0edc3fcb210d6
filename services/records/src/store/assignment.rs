//! Assignments.

mod ensure;
mod row;
#[cfg(test)]
mod tests;

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, EmploymentId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::changed_one;
use crate::domain::{Assignment, AssignmentStateName, CancelReason, EmploymentState};
pub(crate) use ensure::{
    AssignmentSpec, Why, also_by_hand, also_required, insert_missing, release_groups, release_trainings,
    take_back,
};
pub(crate) use moved::{find_own, insert_own, lock_two, move_progress};

/// Every column, with the name of the training: the one list of columns of this module.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.person_id, a.assignment_id, a.organization_id, a.training_id,
                    t.display_name AS training_display_name, a.state, a.progress_percent, a.certificate_id, a.version,
                    a.assign_time, a.start_time, a.complete_time, COALESCE(a.group_ids, ARRAY[a.group_id]) AS group_ids,
                    a.is_by_hand, a.due_date, a.due_zone, a.due_end_time, a.due_group_id, a.cancel_reason,
                    a.transferred_to_person_id, a.transferred_to_assignment_id, a.transfer_time
             FROM assignments a JOIN trainings t ON t.training_id = a.training_id ",
            $rest
        )
    };
}

mod moved;

/// One assignment of the person.
pub(crate) async fn find(
    db: &mut PgConnection,
    person: PersonId,
    id: AssignmentId,
) -> Result<Option<Assignment>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE a.person_id = $1 AND a.assignment_id = $2"))
        .bind(person)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found)
}

/// One assignment of the person, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    person: PersonId,
    id: AssignmentId,
) -> Result<Option<Assignment>, DatabaseError> {
    let locked = sqlx::query_as(select!(
        "WHERE a.person_id = $1 AND a.assignment_id = $2 FOR UPDATE OF a"
    ))
    .bind(person)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

/// One assignment that the organization made for the learner, locked until the transaction ends.
pub(crate) async fn lock_of_organization(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    id: AssignmentId,
) -> Result<Option<Assignment>, DatabaseError> {
    let locked = sqlx::query_as(select!(
        "WHERE a.organization_id = $1 AND a.person_id = $2 AND a.assignment_id = $3 FOR UPDATE OF a"
    ))
    .bind(organization)
    .bind(person)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

/// The latest assignment of a training that the organization made for the learner and that is not cancelled.
pub(crate) async fn find_standing(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    training: TrainingId,
) -> Result<Option<Assignment>, DatabaseError> {
    let found = sqlx::query_as(select!(
        "WHERE a.organization_id = $1 AND a.person_id = $2 AND a.training_id = $3 AND a.state = ANY ($4)
         ORDER BY a.assignment_id DESC LIMIT 1"
    ))
    .bind(organization)
    .bind(person)
    .bind(training)
    .bind(AssignmentStateName::STANDING)
    .fetch_optional(db)
    .await?;
    Ok(found)
}

/// Stores a live assignment that has come further; its row is locked, and is still the one that was read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version, not live, or not behind.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Assignment) -> Result<(), DatabaseError> {
    let (complete_time, certificate) = changed.state.completion().unzip();
    let done = sqlx::query(
        "UPDATE assignments
         SET state = $3, progress_percent = $4, start_time = $5, complete_time = $6, certificate_id = $7, version = $8
         WHERE person_id = $1 AND assignment_id = $2 AND version = $8 - 1 AND state = ANY ($9)
           AND progress_percent < $4",
    )
    .bind(changed.person)
    .bind(changed.id)
    .bind(changed.state.name())
    .bind(i16::from(changed.state.percent().get()))
    .bind(changed.state.start_time())
    .bind(complete_time)
    .bind(certificate)
    .bind(changed.version)
    .bind(AssignmentStateName::LIVE)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

/// Takes from the organization what it assigned to the person in employments that are over: what was not begun is cancelled, and what
/// was begun goes on as the person's own. `latest`: the latest employment that is known, and whether it is open: then what was
/// assigned in it stays.
pub(crate) async fn archive(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    latest: (EmploymentId, bool),
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let (employment, is_open) = latest;
    sqlx::query(
        "UPDATE assignments
         SET state = CASE WHEN state = $6 THEN $7 ELSE state END,
             organization_id = CASE WHEN state = $6 THEN organization_id END,
             employment_id = COALESCE(employment_id, $3), archive_time = $5, version = version + 1,
             cancel_reason = $9
         WHERE person_id = $1 AND organization_id = $2 AND state = ANY ($8)
           AND (NOT $4 OR employment_id <> $3)",
    )
    .bind(person)
    .bind(organization)
    .bind(employment)
    .bind(is_open)
    .bind(now)
    .bind(AssignmentStateName::Assigned)
    .bind(AssignmentStateName::Cancelled)
    .bind(AssignmentStateName::LIVE)
    .bind(CancelReason::EmploymentOver)
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives back what was taken when this employment was over, because it is open again: what was cancelled is assigned, and what was
/// begun and is not done yet is the organization's, as far as the person has come. What they completed meanwhile stays theirs.
pub(crate) async fn restore(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    employment: EmploymentId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE assignments a
         SET state = CASE WHEN a.state = $4 THEN $5 ELSE a.state END,
             organization_id = $2, archive_time = NULL, version = a.version + 1
         WHERE a.person_id = $1 AND a.employment_id = $3 AND a.archive_time IS NOT NULL
           AND (a.state = $6 OR (a.state = $4 AND a.start_time IS NULL))
           AND NOT EXISTS (
               SELECT FROM assignments other
               WHERE other.person_id = $1 AND other.organization_id = $2 AND other.training_id = a.training_id
                 AND other.state = ANY ($7))",
    )
    .bind(person)
    .bind(organization)
    .bind(employment)
    .bind(AssignmentStateName::Cancelled)
    .bind(AssignmentStateName::Assigned)
    .bind(AssignmentStateName::InProgress)
    .bind(AssignmentStateName::LIVE)
    .execute(tx)
    .await?;
    Ok(())
}

/// The assignments that the organization made for a learner, newest first. None once the employment is not open: the
/// query looks itself, because it may end after anybody looked before.
pub(crate) async fn list_for_organization(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    before: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<Assignment>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "JOIN employment_projection p ON p.organization_id = a.organization_id AND p.person_id = a.person_id
         WHERE a.organization_id = $1 AND a.person_id = $2
           AND p.state = ANY ($5)
           AND ($3::uuid IS NULL OR a.assignment_id < $3)
         ORDER BY a.assignment_id DESC LIMIT $4"
    ))
    .bind(organization)
    .bind(person)
    .bind(before)
    .bind(limit)
    .bind(EmploymentState::OPEN)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// All assignments of the person, of every organization, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<Assignment>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE a.person_id = $1 AND ($2::uuid IS NULL OR a.assignment_id < $2)
         ORDER BY a.assignment_id DESC LIMIT $3"
    ))
    .bind(person)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

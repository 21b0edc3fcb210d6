//! Assignments.

mod row;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, GroupId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use self::row::{AssignmentRow, parse_all};
use super::{Before, inconsistent};
use crate::domain::{Assignment, Percent};

/// Every column, with the name of the training: the one list of columns of this module.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.person_id, a.assignment_id, a.organization_id, a.training_id,
                    t.display_name AS training_display_name, a.state, a.progress_percent, a.certificate_id, a.version,
                    a.assign_time, a.start_time, a.complete_time
             FROM assignments a JOIN trainings t ON t.training_id = a.training_id ",
            $rest
        )
    };
}

/// Trainings for one learner of one organization, each with the group that requires it and the id that its assignment
/// gets if one is made.
#[derive(Debug, Clone)]
pub(crate) struct Required {
    /// The learner.
    pub(crate) person: PersonId,
    /// The organization.
    pub(crate) organization: OrganizationId,
    /// The trainings.
    pub(crate) trainings: BTreeMap<TrainingId, (GroupId, AssignmentId)>,
}

/// Assigns those of the trainings that the learner neither has live nor has completed for this organization.
///
/// # Errors
/// The database's.
pub(crate) async fn assign_missing(
    tx: &mut PgConnection,
    required: &Required,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    let trainings: Vec<Uuid> = required.trainings.keys().map(|id| id.as_uuid()).collect();
    let (groups, ids): (Vec<Uuid>, Vec<Uuid>) = required
        .trainings
        .values()
        .map(|(group, id)| (group.as_uuid(), id.as_uuid()))
        .unzip();
    let done = sqlx::query(
        "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, state,
                                  progress_percent, version, assign_time)
         SELECT $1, new.assignment_id, $2, new.training_id, new.group_id, 'ASSIGNED', 0, 1, $6
         FROM UNNEST($3::uuid[], $4::uuid[], $5::uuid[]) AS new (assignment_id, training_id, group_id)
         WHERE NOT EXISTS (
             SELECT FROM assignments a
             WHERE a.person_id = $1 AND a.organization_id = $2 AND a.training_id = new.training_id
               AND a.state IN ('ASSIGNED', 'IN_PROGRESS', 'COMPLETED'))
         ON CONFLICT (person_id, organization_id, training_id) WHERE state IN ('ASSIGNED', 'IN_PROGRESS')
         DO NOTHING",
    )
    .bind(required.person.as_uuid())
    .bind(required.organization.as_uuid())
    .bind(ids)
    .bind(trainings)
    .bind(groups)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// One assignment of the person, locked until the transaction ends.
///
/// # Errors
/// The database's.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    person: PersonId,
    id: AssignmentId,
) -> Result<Option<Assignment>, DatabaseError> {
    let row: Option<AssignmentRow> = sqlx::query_as(select!(
        "WHERE a.person_id = $1 AND a.assignment_id = $2 FOR UPDATE OF a"
    ))
    .bind(person.as_uuid())
    .bind(id.as_uuid())
    .fetch_optional(tx)
    .await?;
    row.map(Assignment::try_from).transpose()
}

/// One assignment of the person.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] without such a row.
pub(crate) async fn get(
    db: &mut PgConnection,
    person: PersonId,
    id: AssignmentId,
) -> Result<Assignment, DatabaseError> {
    let row: Option<AssignmentRow> =
        sqlx::query_as(select!("WHERE a.person_id = $1 AND a.assignment_id = $2"))
            .bind(person.as_uuid())
            .bind(id.as_uuid())
            .fetch_optional(db)
            .await?;
    row.ok_or_else(|| inconsistent("an assignment vanished"))?
        .try_into()
}

/// Stores progress of a live assignment that is behind it.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when it is not live, or not behind.
pub(crate) async fn advance(
    tx: &mut PgConnection,
    assignment: &Assignment,
    percent: Percent,
    start_time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE assignments
         SET state = 'IN_PROGRESS', progress_percent = $3, start_time = $4, version = version + 1
         WHERE person_id = $1 AND assignment_id = $2 AND state IN ('ASSIGNED', 'IN_PROGRESS') AND version = $5
           AND progress_percent < $3",
    )
    .bind(assignment.person.as_uuid())
    .bind(assignment.id.as_uuid())
    .bind(i16::from(percent.get()))
    .bind(start_time)
    .bind(assignment.version)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

/// Stores the completion of a live assignment.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when it is not live.
pub(crate) async fn complete(
    tx: &mut PgConnection,
    assignment: &Assignment,
    start_time: OffsetDateTime,
    certificate: CertificateId,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE assignments
         SET state = 'COMPLETED', progress_percent = 100, start_time = $3, certificate_id = $4, complete_time = $5,
             version = version + 1
         WHERE person_id = $1 AND assignment_id = $2 AND state IN ('ASSIGNED', 'IN_PROGRESS') AND version = $6",
    )
    .bind(assignment.person.as_uuid())
    .bind(assignment.id.as_uuid())
    .bind(start_time)
    .bind(certificate.as_uuid())
    .bind(now)
    .bind(assignment.version)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

/// The assignments that the organization made for a learner, newest first. None once the employment is not open: the
/// query looks itself, because it may end after anybody looked before.
///
/// # Errors
/// The database's.
pub(crate) async fn list_for_organization(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    before: Before,
    limit: i64,
) -> Result<Vec<Assignment>, DatabaseError> {
    let rows: Vec<AssignmentRow> = sqlx::query_as(select!(
        "JOIN employment_projection p ON p.organization_id = a.organization_id AND p.person_id = a.person_id
         WHERE a.organization_id = $1 AND a.person_id = $2
           AND p.state IN ('PENDING_VERIFICATION', 'VERIFIED')
           AND ($3::uuid IS NULL OR a.assignment_id < $3)
         ORDER BY a.assignment_id DESC LIMIT $4"
    ))
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    parse_all(rows)
}

/// All assignments of the person, of every organization, newest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Before,
    limit: i64,
) -> Result<Vec<Assignment>, DatabaseError> {
    let rows: Vec<AssignmentRow> = sqlx::query_as(select!(
        "WHERE a.person_id = $1 AND ($2::uuid IS NULL OR a.assignment_id < $2)
         ORDER BY a.assignment_id DESC LIMIT $3"
    ))
    .bind(person.as_uuid())
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    parse_all(rows)
}

fn changed_one(rows: u64) -> Result<(), DatabaseError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(inconsistent("a locked assignment changed under the lock"))
    }
}

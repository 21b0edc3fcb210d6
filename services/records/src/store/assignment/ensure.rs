//! What organizations want learners to take: because a group requires it, or by hand.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, EmploymentId, GroupId, OrganizationId, PersonId, TrainingId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Assignment, AssignmentStateName, CancelReason, Due};
use crate::store::changed_one;
use crate::store::employment_projection::Member;

/// The groups that require an assignment.
macro_rules! groups {
    () => {
        "COALESCE(a.group_ids, ARRAY[a.group_id])"
    };
}

/// One training for one learner, and the id that its assignment gets if one is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AssignmentSpec {
    pub(crate) learner: Member,
    pub(crate) training: TrainingId,
    pub(crate) id: AssignmentId,
}

/// Why it is wanted.
#[derive(Debug, Clone)]
pub(crate) enum Why {
    /// The group requires it.
    Group(GroupId),
    /// The organization says so.
    ByHand {
        /// Until when.
        due: Option<Due>,
    },
}

/// Assigns, anew, what the learners neither have to take for this organization nor have completed for it with a certificate that
/// has not expired, nor have completed while this employment was thought to be over. Answers how many are new. `wanted`: in the order of learners, and of each of the trainings, so that nobody
/// waits in a circle.
pub(crate) async fn insert_missing(
    tx: &mut PgConnection,
    organization: OrganizationId,
    wanted: &[AssignmentSpec],
    why: &Why,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    if wanted.is_empty() {
        return Ok(0);
    }
    let persons: Vec<PersonId> = wanted.iter().map(|one| one.learner.person).collect();
    let employments: Vec<EmploymentId> = wanted.iter().map(|one| one.learner.employment).collect();
    let trainings: Vec<TrainingId> = wanted.iter().map(|one| one.training).collect();
    let ids: Vec<AssignmentId> = wanted.iter().map(|one| one.id).collect();
    let (group, due) = match why {
        Why::Group(group) => (Some(*group), None),
        Why::ByHand { due } => (None, due.as_ref()),
    };
    let groups: Vec<GroupId> = group.into_iter().collect();
    let done = sqlx::query(
        "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, group_ids, state,
                                  progress_percent, version, assign_time, employment_id, is_by_hand,
                                  due_date, due_zone, due_end_time, due_group_id)
         SELECT new.person_id, new.assignment_id, $1, new.training_id, $6, $7, $9, 0, 1, $8, new.employment_id,
                $6::uuid IS NULL, $12, $13, $14, $15
         FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[])
              AS new (person_id, employment_id, training_id, assignment_id)
         WHERE NOT EXISTS (
             SELECT FROM assignments a LEFT JOIN certificates c USING (person_id, certificate_id)
             WHERE a.person_id = new.person_id AND a.training_id = new.training_id
               AND ((a.organization_id = $1
                     AND (a.state = ANY ($10) OR (a.state = $11 AND (c.expire_time IS NULL OR c.expire_time > $8))))
                    OR (a.organization_id IS NULL AND a.employment_id = new.employment_id AND a.state = $11)))
         ON CONFLICT (person_id, organization_id, training_id) WHERE state IN ('ASSIGNED', 'IN_PROGRESS')
         DO NOTHING",
    )
    .bind(organization)
    .bind(persons)
    .bind(employments)
    .bind(trainings)
    .bind(ids)
    .bind(group)
    .bind(groups)
    .bind(now)
    .bind(AssignmentStateName::Assigned)
    .bind(AssignmentStateName::LIVE)
    .bind(AssignmentStateName::Completed)
    .bind(due.map(|due| due.date))
    .bind(due.map(|due| due.zone.as_str()))
    .bind(due.map(|due| due.end))
    .bind(due.and_then(|due| due.group))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Notes that the group requires what these learners have to take already, where that is not known.
pub(crate) async fn also_required(
    tx: &mut PgConnection,
    organization: OrganizationId,
    learners: &[PersonId],
    trainings: &[TrainingId],
    group: GroupId,
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        "UPDATE assignments a SET group_ids = ",
        groups!(),
        " || $4, version = a.version + 1
         WHERE a.organization_id = $1 AND a.person_id = ANY ($2) AND a.training_id = ANY ($3) AND a.state = ANY ($5)
           AND $4 <> ALL (",
        groups!(),
        ")"
    ))
    .bind(organization)
    .bind(learners)
    .bind(trainings)
    .bind(group)
    .bind(AssignmentStateName::LIVE)
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that the organization wants by hand what these learners have to take already, until then: a day that is said to a learner
/// replaces whichever they have, also by none; one that is said to a group stands behind their own, replaces the same group's, and
/// goes before a later one of another group. Answers how many have to take it.
pub(crate) async fn also_by_hand(
    tx: &mut PgConnection,
    organization: OrganizationId,
    learners: &[PersonId],
    training: TrainingId,
    group: Option<GroupId>,
    due: Option<&Due>,
) -> Result<u64, DatabaseError> {
    let live = "SELECT count(*) FROM assignments
                WHERE organization_id = $1 AND person_id = ANY ($2) AND training_id = $3 AND state = ANY ($4)";
    let live: i64 = sqlx::query_scalar(live)
        .bind(organization)
        .bind(learners)
        .bind(training)
        .bind(AssignmentStateName::LIVE)
        .fetch_one(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE assignments a
         SET is_by_hand = true, version = a.version + 1,
             due_date = CASE WHEN n.replaces THEN $5 ELSE a.due_date END,
             due_zone = CASE WHEN n.replaces THEN $6 ELSE a.due_zone END,
             due_end_time = CASE WHEN n.replaces THEN $7 ELSE a.due_end_time END,
             due_group_id = CASE WHEN n.replaces AND $5::date IS NOT NULL THEN $8 WHEN n.replaces THEN NULL ELSE a.due_group_id END
         FROM assignments o
         CROSS JOIN LATERAL (
             SELECT ($8::uuid IS NULL OR o.due_group_id = $8
                     OR ($5::date IS NOT NULL
                         AND (o.due_date IS NULL OR (o.due_group_id IS NOT NULL AND o.due_end_time > $7))))
                    IS TRUE AS replaces) n
         WHERE o.organization_id = $1 AND o.person_id = ANY ($2) AND o.training_id = $3 AND o.state = ANY ($4)
           AND a.person_id = o.person_id AND a.assignment_id = o.assignment_id
           AND (NOT o.is_by_hand
                OR (n.replaces AND (o.due_date, o.due_zone, o.due_end_time) IS DISTINCT FROM ($5::date, $6::text, $7::timestamptz))
                OR (n.replaces AND $5::date IS NOT NULL AND o.due_group_id IS DISTINCT FROM $8))",
    )
    .bind(organization)
    .bind(learners)
    .bind(training)
    .bind(AssignmentStateName::LIVE)
    .bind(due.map(|due| due.date))
    .bind(due.map(|due| due.zone.as_str()))
    .bind(due.map(|due| due.end))
    .bind(group)
    .execute(tx)
    .await?;
    Ok(u64::try_from(live).unwrap_or_default())
}

/// The group requires no more than these trainings: what nothing else asks of its learners, and they have not begun, is cancelled.
pub(crate) async fn release_trainings(
    tx: &mut PgConnection,
    organization: OrganizationId,
    learners: &[PersonId],
    group: GroupId,
    trainings: &[TrainingId],
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        "UPDATE assignments a
         SET group_ids = array_remove(",
        groups!(),
        ", $3), version = a.version + 1,
             state = CASE WHEN o.is_over THEN $6 ELSE a.state END,
             cancel_reason = CASE WHEN o.is_over THEN $7 ELSE a.cancel_reason END
         FROM (SELECT a.person_id, a.assignment_id,
                      a.state = $8 AND NOT a.is_by_hand AND cardinality(array_remove(",
        groups!(),
        ", $3)) = 0 AS is_over
               FROM assignments a
               WHERE a.organization_id = $1 AND a.person_id = ANY ($2) AND a.state = ANY ($5)
                 AND a.training_id <> ALL ($4) AND $3 = ANY (",
        groups!(),
        ")) o
         WHERE a.person_id = o.person_id AND a.assignment_id = o.assignment_id"
    ))
    .bind(organization)
    .bind(learners)
    .bind(group)
    .bind(trainings)
    .bind(AssignmentStateName::LIVE)
    .bind(AssignmentStateName::Cancelled)
    .bind(CancelReason::NotRequired)
    .bind(AssignmentStateName::Assigned)
    .execute(tx)
    .await?;
    Ok(())
}

/// The learner is in no more than these groups: what nothing else asks of them, and they have not begun, is cancelled; a day that
/// was said to another group is not theirs any more.
pub(crate) async fn release_groups(
    tx: &mut PgConnection,
    organization: OrganizationId,
    learner: PersonId,
    groups: &[GroupId],
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        "UPDATE assignments a
         SET group_ids = o.kept, version = a.version + 1,
             state = CASE WHEN o.is_over THEN $5 ELSE a.state END,
             cancel_reason = CASE WHEN o.is_over THEN $6 ELSE a.cancel_reason END,
             due_date = CASE WHEN o.is_due THEN a.due_date END, due_zone = CASE WHEN o.is_due THEN a.due_zone END,
             due_end_time = CASE WHEN o.is_due THEN a.due_end_time END,
             due_group_id = CASE WHEN o.is_due THEN a.due_group_id END
         FROM (SELECT a.person_id, a.assignment_id, k.kept,
                      a.state = $7 AND NOT a.is_by_hand AND cardinality(k.kept) = 0 AS is_over,
                      a.due_group_id IS NULL OR a.due_group_id = ANY ($3) AS is_due
               FROM assignments a
               CROSS JOIN LATERAL (
                   SELECT ARRAY(SELECT id FROM UNNEST(",
        groups!(),
        ") AS id WHERE id = ANY ($3)) AS kept) k
               WHERE a.organization_id = $1 AND a.person_id = $2 AND a.state = ANY ($4)
                 AND (NOT ",
        groups!(),
        " <@ $3 OR a.due_group_id <> ALL ($3))) o
         WHERE a.person_id = o.person_id AND a.assignment_id = o.assignment_id"
    ))
    .bind(organization)
    .bind(learner)
    .bind(groups)
    .bind(AssignmentStateName::LIVE)
    .bind(AssignmentStateName::Cancelled)
    .bind(CancelReason::NotRequired)
    .bind(AssignmentStateName::Assigned)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores what was taken back of an assignment that was not begun; its row is locked, and is still the one that was read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version, or begun.
pub(crate) async fn take_back(tx: &mut PgConnection, changed: &Assignment) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE assignments
         SET state = $3, cancel_reason = $4, is_by_hand = $5, version = $6,
             due_date = NULL, due_zone = NULL, due_end_time = NULL, due_group_id = NULL
         WHERE person_id = $1 AND assignment_id = $2 AND version = $6 - 1 AND state = $7",
    )
    .bind(changed.person)
    .bind(changed.id)
    .bind(changed.state.name())
    .bind(changed.state.cancel_reason())
    .bind(changed.is_by_hand)
    .bind(changed.version)
    .bind(AssignmentStateName::Assigned)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

//! How far the learners of an organization are: what it assigned to those whose employment is open.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    Assignment, AssignmentStateName, EmploymentState, ProgressCounts, ProgressDimension, ProgressEntry,
    ProgressFilter, ProgressRow,
};

/// As many rows as are told.
const MAX_ROWS: i64 = 2_000;

/// What a filter lets through of the organization `$1`.
macro_rules! filtered {
    () => {
        "FROM assignments a
         JOIN employment_projection p ON p.organization_id = a.organization_id AND p.person_id = a.person_id "
    };
    (where) => {
        "WHERE a.organization_id = $1 AND p.state = ANY ($2)
           AND ($3::uuid IS NULL OR p.group_ids @> ARRAY[$3])
           AND ($4::uuid IS NULL OR p.location_id = $4)
           AND ($5::uuid IS NULL OR a.training_id = $5)
           AND a.state = ANY ($6) "
    };
}

/// The first six parameters, which are those of `filtered!`, bound.
macro_rules! bind_filter {
    ($statement:expr, $organization:expr, $filter:expr) => {
        sqlx::query_as($statement)
            .bind($organization)
            .bind(EmploymentState::OPEN)
            .bind($filter.group)
            .bind($filter.location)
            .bind($filter.training)
            .bind(&$filter.states)
    };
}

macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT a.person_id, a.assignment_id, a.organization_id, a.training_id,
                    t.display_name AS training_display_name, a.state, a.progress_percent, a.certificate_id, a.version,
                    a.assign_time, a.start_time, a.complete_time, COALESCE(a.group_ids, ARRAY[a.group_id]) AS group_ids,
                    a.is_by_hand, a.due_date, a.due_zone, a.due_end_time, a.due_group_id, a.cancel_reason,
                    a.transferred_to_person_id, a.transferred_to_assignment_id, a.transfer_time,
                    p.group_ids AS learner_group_ids, p.location_id ",
            filtered!(),
            "JOIN trainings t ON t.training_id = a.training_id ",
            filtered!(where),
            $rest
        )
    };
}

macro_rules! counts {
    ($subject:literal, $join:literal, $group:literal) => {
        concat!(
            "SELECT ",
            $subject,
            " AS subject, count(DISTINCT a.person_id) AS learners,
                    count(*) FILTER (WHERE a.state = $7) AS assigned, count(*) FILTER (WHERE a.state = $8) AS in_progress,
                    count(*) FILTER (WHERE a.state = $9) AS completed,
                    count(*) FILTER (WHERE a.state <> $9 AND a.due_end_time <= $10) AS late,
                    count(*) FILTER (WHERE a.state = $9 AND a.complete_time >= a.due_end_time) AS completed_late ",
            filtered!(),
            $join,
            filtered!(where),
            $group
        )
    };
}

const TOTAL: &str = counts!("NULL::uuid", "", "");
const BY_TRAINING: &str = counts!("a.training_id", "", "GROUP BY 1 ORDER BY 1 LIMIT $11");
const BY_LOCATION: &str = counts!("p.location_id", "", "GROUP BY 1 ORDER BY 1 LIMIT $11");
const BY_GROUP: &str = counts!(
    "g.group_id",
    "LEFT JOIN LATERAL UNNEST(p.group_ids) AS g (group_id) ON true ",
    "GROUP BY 1 ORDER BY 1 LIMIT $11"
);

impl FromRow<'_, PgRow> for ProgressEntry {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let groups: Option<_> = row.try_get("learner_group_ids")?;
        Ok(Self {
            assignment: Assignment::from_row(row)?,
            groups: groups.unwrap_or_default(),
            location: row.try_get("location_id")?,
        })
    }
}

impl FromRow<'_, PgRow> for ProgressRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            subject: row.try_get("subject")?,
            counts: ProgressCounts {
                learners: row.try_get("learners")?,
                assigned: row.try_get("assigned")?,
                in_progress: row.try_get("in_progress")?,
                completed: row.try_get("completed")?,
                late: row.try_get("late")?,
                completed_late: row.try_get("completed_late")?,
            },
        })
    }
}

/// A page of what the filter lets through, newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    filter: &ProgressFilter,
    before: Option<AssignmentId>,
    limit: i64,
) -> Result<Vec<ProgressEntry>, DatabaseError> {
    let newest = entries!("AND a.assignment_id < $7 ORDER BY a.assignment_id DESC LIMIT $8");
    let page = bind_filter!(newest, organization, filter)
        // Every id is below the greatest.
        .bind(before.unwrap_or_else(|| Uuid::max().into()))
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok(page)
}

/// A page of what the filter lets through, is to be taken and was due by then, the longest first. `after`: the microsecond in which the last one
/// was due, and its id.
pub(crate) async fn list_late(
    db: &mut PgConnection,
    organization: OrganizationId,
    filter: &ProgressFilter,
    now: OffsetDateTime,
    after: Option<(i64, AssignmentId)>,
    limit: i64,
) -> Result<Vec<ProgressEntry>, DatabaseError> {
    let (end, id) = after.unzip();
    let end = end.map(|micros| OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000));
    let late = entries!(
        "AND a.state IN ('ASSIGNED', 'IN_PROGRESS') AND a.due_end_time <= $7
           AND ($8::timestamptz IS NULL OR (a.due_end_time, a.assignment_id) > ($8, $9))
         ORDER BY a.due_end_time, a.assignment_id LIMIT $10"
    );
    let page = bind_filter!(late, organization, filter)
        .bind(now)
        .bind(end.and_then(Result::ok))
        .bind(id)
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok(page)
}

/// Counts what the filter lets through: in all, or by something.
pub(crate) async fn count(
    db: &mut PgConnection,
    organization: OrganizationId,
    filter: &ProgressFilter,
    by: Option<ProgressDimension>,
    now: OffsetDateTime,
) -> Result<Vec<ProgressRow>, DatabaseError> {
    let statement = match by {
        None => TOTAL,
        Some(ProgressDimension::Training) => BY_TRAINING,
        Some(ProgressDimension::Group) => BY_GROUP,
        Some(ProgressDimension::Location) => BY_LOCATION,
    };
    let mut query = bind_filter!(statement, organization, filter)
        .bind(AssignmentStateName::Assigned)
        .bind(AssignmentStateName::InProgress)
        .bind(AssignmentStateName::Completed)
        .bind(now);
    if by.is_some() {
        query = query.bind(MAX_ROWS);
    }
    Ok(query.fetch_all(db).await?)
}

//! What an organization is told of its staff: counted in the database, a page of persons at a time.

use muster_database::DatabaseError;
use muster_ids::{GrantId, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use crate::domain::{
    AssignmentStateName, Certificate, EmploymentState, OwnTrainings, Permit, Staff, TrainingYear,
};

/// The most years of which minutes are told.
const MAX_YEARS: i64 = 20;

/// What expires after the one time, and until the other one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Soon {
    pub(crate) after: OffsetDateTime,
    pub(crate) until: OffsetDateTime,
}

/// What one person has to take for the organization, and how many certificates they hold that it may see.
pub(crate) struct Counted {
    pub(crate) person: PersonId,
    pub(crate) own: OwnTrainings,
    pub(crate) certificates: i64,
    pub(crate) years: Vec<TrainingYear>,
    /// How many of them expire soon.
    pub(crate) expiring: i64,
}

impl FromRow<'_, PgRow> for Counted {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            own: OwnTrainings {
                assigned: row.try_get("assigned")?,
                in_progress: row.try_get("in_progress")?,
                completed: row.try_get("completed")?,
                latest_complete_time: row.try_get("latest_complete_time")?,
            },
            certificates: row.try_get("certificates")?,
            years: years(row)?,
            expiring: row.try_get("expiring")?,
        })
    }
}

fn years(row: &PgRow) -> Result<Vec<TrainingYear>, sqlx::Error> {
    let years: Vec<i32> = row.try_get("years")?;
    let minutes: Vec<i64> = row.try_get("minutes")?;
    let year = |(year, duration_minutes)| TrainingYear {
        year,
        duration_minutes,
    };
    Ok(years.into_iter().zip(minutes).map(year).collect())
}

macro_rules! select {
    () => {
        "SELECT c.person_id, c.certificate_id, c.certificate_number, c.organization_id, c.training_id,
                c.training_display_name, c.issue_time, c.duration_minutes, c.expire_time, c.person_display_name,
                c.organization_display_name, c.time_zone "
    };
}

/// The certificates `c` of a person `p` that the organization `$1` may see (all of those in `$3`), behind which more
/// conditions stand.
macro_rules! seen {
    () => {
        "FROM certificates c WHERE c.person_id = p.person_id AND (c.organization_id = $1 OR p.person_id = ANY ($3))"
    };
}

/// Those of them that expire after one time and until another one, but for those that a later certificate of the same training
/// outlives.
macro_rules! expiring {
    ($after:literal, $until:literal) => {
        concat!(
            seen!(),
            " AND c.expire_time > ",
            $after,
            " AND c.expire_time <= ",
            $until,
            " AND NOT EXISTS (
                 SELECT FROM certificates AS later
                 WHERE later.person_id = c.person_id AND later.training_id = c.training_id
                   AND (later.organization_id = $1 OR p.person_id = ANY ($3))
                   AND (later.expire_time IS NULL OR later.expire_time > c.expire_time))"
        )
    };
}

/// How many people are verified at the organization, and how many wait for that.
pub(crate) async fn count_staff(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Staff, DatabaseError> {
    let (verified, waiting, waiting_since) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE state = $2), count(*) FILTER (WHERE state = $3),
                min(state_time) FILTER (WHERE state = $3)
         FROM employment_projection WHERE organization_id = $1 AND state IN ($2, $3)",
    )
    .bind(organization)
    .bind(EmploymentState::Verified)
    .bind(EmploymentState::PendingVerification)
    .fetch_one(db)
    .await?;
    Ok(Staff {
        verified,
        waiting,
        waiting_since,
    })
}

/// Those of the persons who are verified at the organization, in the order of their ids. It stays so until the transaction ends:
/// whoever ends an employment, or a consent, waits for it.
pub(crate) async fn lock_verified(
    tx: &mut PgConnection,
    organization: OrganizationId,
    persons: &[PersonId],
) -> Result<Vec<PersonId>, DatabaseError> {
    let verified = sqlx::query_scalar(
        "SELECT person_id FROM employment_projection
         WHERE organization_id = $1 AND person_id = ANY ($2) AND state = $3
         ORDER BY person_id FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(persons)
    .bind(EmploymentState::Verified)
    .fetch_all(tx)
    .await?;
    Ok(verified)
}

/// Those of the persons, whom [`lock_verified`] gave, who granted the organization their record. The employments are locked before the
/// grants, and both in the order of the persons, as whoever reads one record locks them: nobody waits in a circle. In two statements: the second
/// one sees the grant that has taken the place of another while the first one waited for the employment.
pub(crate) async fn lock_shared(
    tx: &mut PgConnection,
    organization: OrganizationId,
    verified: &[PersonId],
    now: OffsetDateTime,
) -> Result<Vec<(PersonId, Permit)>, DatabaseError> {
    let shared: Vec<(PersonId, GrantId)> = sqlx::query_as(
        "SELECT person_id, grant_id FROM grants
         WHERE organization_id = $1 AND person_id = ANY ($2) AND state = 'ACTIVE'
           AND (expire_time IS NULL OR expire_time > $3)
         ORDER BY person_id FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(verified)
    .bind(now)
    .fetch_all(tx)
    .await?;
    let permit = |(person, grant)| (person, Permit::Grant(grant));
    Ok(shared.into_iter().map(permit).collect())
}

/// Counts for each of the persons, in their order, also what expires `soon`. All certificates of those in `shared`, of the others the organization's.
pub(crate) async fn count(
    tx: &mut PgConnection,
    organization: OrganizationId,
    persons: &[PersonId],
    shared: &[PersonId],
    soon: Soon,
) -> Result<Vec<Counted>, DatabaseError> {
    let counted = sqlx::query_as(concat!(
        "SELECT p.person_id, own.assigned, own.in_progress, own.completed, own.latest_complete_time, held.certificates,
                worth.years, worth.minutes, soon.expiring
         FROM unnest($2::uuid[]) WITH ORDINALITY AS p (person_id, place)
         CROSS JOIN LATERAL (
             SELECT count(*) FILTER (WHERE a.state = $4) AS assigned, count(*) FILTER (WHERE a.state = $5) AS in_progress,
                    count(*) FILTER (WHERE a.state = $6) AS completed, max(a.complete_time) AS latest_complete_time
             FROM assignments a WHERE a.organization_id = $1 AND a.person_id = p.person_id) AS own
         CROSS JOIN LATERAL (SELECT count(*) AS certificates ",
        seen!(),
        ") AS held
         CROSS JOIN LATERAL (
             SELECT coalesce(array_agg(year ORDER BY year DESC), '{}') AS years,
                    coalesce(array_agg(minutes ORDER BY year DESC), '{}') AS minutes
             FROM (SELECT extract(year FROM c.issue_time AT TIME ZONE 'utc')::integer AS year,
                          sum(c.duration_minutes) AS minutes ",
        seen!(),
        " AND c.duration_minutes > 0 GROUP BY 1 ORDER BY 1 DESC LIMIT $9) AS of_year) AS worth
         CROSS JOIN LATERAL (SELECT count(*) AS expiring ",
        expiring!("$7", "$8"),
        ") AS soon
         ORDER BY p.place",
    ))
    .bind(organization)
    .bind(persons)
    .bind(shared)
    .bind(AssignmentStateName::Assigned)
    .bind(AssignmentStateName::InProgress)
    .bind(AssignmentStateName::Completed)
    .bind(soon.after)
    .bind(soon.until)
    .bind(MAX_YEARS)
    .fetch_all(tx)
    .await?;
    Ok(counted)
}

/// The newest certificates of each of the persons, at most `limit` of each, newest first: of which, see [`count`].
pub(crate) async fn certificates(
    tx: &mut PgConnection,
    organization: OrganizationId,
    persons: &[PersonId],
    shared: &[PersonId],
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let newest = sqlx::query_as(concat!(
        select!(),
        "FROM unnest($2::uuid[]) AS p (person_id) CROSS JOIN LATERAL (SELECT * ",
        seen!(),
        " ORDER BY c.certificate_id DESC LIMIT $4) AS c
         ORDER BY c.certificate_id DESC",
    ))
    .bind(organization)
    .bind(persons)
    .bind(shared)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(newest)
}

/// The certificates of each of the persons that expire soon, at most `limit` of each, the one that expires first in front: of
/// which, see [`count`].
pub(crate) async fn expiring(
    tx: &mut PgConnection,
    organization: OrganizationId,
    persons: &[PersonId],
    shared: &[PersonId],
    soon: Soon,
    limit: i64,
) -> Result<Vec<Certificate>, DatabaseError> {
    let expiring = sqlx::query_as(concat!(
        select!(),
        "FROM unnest($2::uuid[]) AS p (person_id) CROSS JOIN LATERAL (SELECT * ",
        expiring!("$4", "$5"),
        " ORDER BY c.expire_time, c.certificate_id LIMIT $6) AS c
         ORDER BY c.expire_time, c.certificate_id",
    ))
    .bind(organization)
    .bind(persons)
    .bind(shared)
    .bind(soon.after)
    .bind(soon.until)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    Ok(expiring)
}

//! What is kept of employments.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, GroupId, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use crate::domain::{EmploymentProjection, EmploymentState, Placement};

impl FromRow<'_, PgRow> for EmploymentProjection {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            employment: row.try_get("employment_id")?,
            state: row.try_get("state")?,
            sequence: row.try_get("sequence")?,
        })
    }
}

/// A learner, and their employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) person: PersonId,
    pub(crate) employment: EmploymentId,
}

/// What is known, without a lock: to see whether anything is.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<EmploymentProjection>, DatabaseError> {
    let known = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(known)
}

/// What is known, and stays so until the transaction ends: an event that says otherwise waits for it. Nobody else holds
/// it meanwhile: with a shared lock, calls that begin all the time would keep the event waiting for ever.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<EmploymentProjection>, DatabaseError> {
    let known = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2 FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(tx)
    .await?;
    Ok(known)
}

/// At most `limit` persons who are verified at the organization, after `after`, in the order of their ids.
pub(crate) async fn list_verified(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonId>, DatabaseError> {
    let verified = sqlx::query_scalar(
        "SELECT person_id FROM employment_projection
         WHERE organization_id = $1 AND state = $2 AND ($3::uuid IS NULL OR person_id > $3)
         ORDER BY person_id LIMIT $4",
    )
    .bind(organization)
    .bind(EmploymentState::Verified)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(verified)
}

/// The groups that the person is known to be in; `None` when that is not known.
pub(crate) async fn groups(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Vec<GroupId>>, DatabaseError> {
    let groups = sqlx::query_scalar(
        "SELECT group_ids FROM employment_projection WHERE organization_id = $1 AND person_id = $2",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(groups.flatten())
}

/// Who is in a group and a learner, with where their employment stands, in the order of their ids; that stays so until the transaction ends.
pub(crate) async fn lock_members(
    tx: &mut PgConnection,
    organization: OrganizationId,
    group: GroupId,
) -> Result<Vec<(Member, EmploymentState)>, DatabaseError> {
    let members: Vec<(PersonId, EmploymentId, EmploymentState)> = sqlx::query_as(
        "SELECT person_id, employment_id, state FROM employment_projection
         WHERE organization_id = $1 AND group_ids @> ARRAY[$2] AND state = ANY ($3)
         ORDER BY person_id FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(group)
    .bind(EmploymentState::OPEN)
    .fetch_all(tx)
    .await?;
    let member = |(person, employment, state)| (Member { person, employment }, state);
    Ok(members.into_iter().map(member).collect())
}

/// At most `limit` persons of whom it is not known where they are placed.
pub(crate) async fn list_unplaced(
    db: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<PersonId>, DatabaseError> {
    let unplaced = sqlx::query_scalar(
        "SELECT person_id FROM employment_projection
         WHERE organization_id = $1 AND group_ids IS NULL ORDER BY person_id LIMIT $2",
    )
    .bind(organization)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(unplaced)
}

/// Notes where somebody is placed, unless an event has told it meanwhile.
pub(crate) async fn place(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    placement: &Placement,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE employment_projection SET group_ids = $3, location_id = $4
         WHERE organization_id = $1 AND person_id = $2 AND group_ids IS NULL",
    )
    .bind(organization)
    .bind(person)
    .bind(&placement.groups)
    .bind(placement.location)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes in what was published at `time`, unless something newer is known, and answers what is known then. The row stays locked.
pub(crate) async fn learn(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    published: EmploymentProjection,
    placement: Option<&Placement>,
    time: OffsetDateTime,
) -> Result<EmploymentProjection, DatabaseError> {
    // The row is locked even where the condition keeps it as it is, so that events about one person take turns.
    sqlx::query(
        "INSERT INTO employment_projection AS known (organization_id, person_id, employment_id, state, sequence,
                                                      group_ids, location_id, state_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (organization_id, person_id) DO UPDATE
         SET employment_id = excluded.employment_id, state = excluded.state, sequence = excluded.sequence,
             group_ids = excluded.group_ids, location_id = excluded.location_id,
             state_time = CASE WHEN (known.employment_id, known.state) = (excluded.employment_id, excluded.state)
                               THEN known.state_time ELSE excluded.state_time END
         WHERE known.sequence < excluded.sequence",
    )
    .bind(organization)
    .bind(person)
    .bind(published.employment)
    .bind(published.state)
    .bind(published.sequence)
    .bind(placement.map(|placement| placement.groups.clone()))
    .bind(placement.and_then(|placement| placement.location))
    .bind(time)
    .execute(&mut *tx)
    .await?;
    let known = find(tx, organization, person).await?;
    known.ok_or_else(|| {
        let text = "a projected employment vanished under its lock";
        DatabaseError::Inconsistent(text.to_owned())
    })
}

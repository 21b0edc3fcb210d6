//! Employments and their groups.

#[cfg(test)]
mod tests;

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, GroupId, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{EmploymentRow, parse_all, parse_state};
use crate::domain::{Employment, EmploymentState};

/// Every column, with the groups as an array: the one list of columns of this module.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.organization_id, e.employment_id, e.person_id, e.person_display_name, e.state,
                    ARRAY(SELECT g.group_id FROM employment_groups g
                          WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id) AS groups,
                    e.location_id, e.source_invitation_id, e.version, e.create_time, e.verify_time
             FROM employments e ",
            $rest
        )
    };
}

/// Where a list goes on: below this employment, newest first; `None` from the newest.
pub(crate) type After = Option<EmploymentId>;

/// States of which a person has one employment at an organization. Bound as a value where the row is found by its id:
/// written out, it would have the planner take the small index of open employments, and read all of the organization's.
const OPEN: [&str; 2] = ["PENDING_VERIFICATION", "VERIFIED"];

/// What became of a new row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// It is there.
    Done,
    /// Another transaction opened an employment of this person here first; it can be read now.
    Beaten,
}

/// The latest employment of a person at an organization, as others project it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Latest {
    /// Its id.
    pub(crate) id: EmploymentId,
    /// Where it stands.
    pub(crate) state: EmploymentState,
    /// Its version.
    pub(crate) version: i64,
}

/// One employment of the organization.
///
/// # Errors
/// The database's.
pub(crate) async fn get(
    db: &mut PgConnection,
    organization: OrganizationId,
    id: EmploymentId,
) -> Result<Option<Employment>, DatabaseError> {
    let row: Option<EmploymentRow> =
        sqlx::query_as(select!("WHERE e.organization_id = $1 AND e.employment_id = $2"))
            .bind(organization.as_uuid())
            .bind(id.as_uuid())
            .fetch_optional(db)
            .await?;
    row.map(Employment::try_from).transpose()
}

/// Employments of the organization in one of the states (all when there is none), newest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    states: &[EmploymentState],
    after: After,
    limit: i64,
) -> Result<Vec<Employment>, DatabaseError> {
    let states: Vec<&str> = states.iter().map(|state| state.as_str()).collect();
    let rows: Vec<EmploymentRow> = sqlx::query_as(select!(
        "WHERE e.organization_id = $1
           AND (cardinality($2::text[]) = 0 OR e.state = ANY ($2))
           AND e.employment_id < $3
         ORDER BY e.employment_id DESC LIMIT $4"
    ))
    .bind(organization.as_uuid())
    .bind(states)
    .bind(below(after))
    .bind(limit)
    .fetch_all(db)
    .await?;
    parse_all(rows)
}

/// A person's employments at every organization, newest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    after: After,
    limit: i64,
) -> Result<Vec<Employment>, DatabaseError> {
    let rows: Vec<EmploymentRow> = sqlx::query_as(select!(
        "WHERE e.person_id = $1 AND e.employment_id < $2
         ORDER BY e.employment_id DESC LIMIT $3"
    ))
    .bind(person.as_uuid())
    .bind(below(after))
    .bind(limit)
    .fetch_all(db)
    .await?;
    parse_all(rows)
}

/// Every id is below the greatest: one condition for all pages, which an index answers.
fn below(after: After) -> Uuid {
    after.map_or(Uuid::max(), EmploymentId::as_uuid)
}

/// The latest employment of the person at the organization, open or not.
///
/// # Errors
/// The database's.
pub(crate) async fn latest(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Latest>, DatabaseError> {
    let row: Option<(Uuid, String, i64)> = sqlx::query_as(
        "SELECT employment_id, state, version FROM employments
         WHERE organization_id = $1 AND person_id = $2 ORDER BY version DESC LIMIT 1",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .fetch_optional(db)
    .await?;
    row.map(|(id, state, version)| {
        Ok(Latest {
            id: EmploymentId::from_uuid(id),
            state: parse_state(&state)?,
            version,
        })
    })
    .transpose()
}

/// The open employment of the person at the organization, locked until the transaction ends.
///
/// # Errors
/// The database's.
pub(crate) async fn lock_open(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Employment>, DatabaseError> {
    // Two statements: one that waited for the lock would see the row as it is now, but the groups as they were.
    let locked: Option<Uuid> = sqlx::query_scalar(
        "SELECT employment_id FROM employments
         WHERE organization_id = $1 AND person_id = $2 AND state IN ('PENDING_VERIFICATION', 'VERIFIED')
         FOR UPDATE",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .fetch_optional(&mut *tx)
    .await?;
    match locked {
        Some(id) => get(tx, organization, EmploymentId::from_uuid(id)).await,
        None => Ok(None),
    }
}

/// Stores a new open employment, unless the person has one here. Waits for a transaction that is about to open one.
///
/// # Errors
/// The database's.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Employment) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state, location_id,
                                  source_invitation_id, version, create_time, update_time, verify_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
         ON CONFLICT (organization_id, person_id) WHERE state IN ('PENDING_VERIFICATION', 'VERIFIED') DO NOTHING",
    )
    .bind(new.organization.as_uuid())
    .bind(new.id.as_uuid())
    .bind(new.person.as_uuid())
    .bind(&new.person_display_name)
    .bind(new.state.as_str())
    .bind(new.location.map(|id| id.as_uuid()))
    .bind(new.source_invitation.map(|id| id.as_uuid()))
    .bind(new.version)
    .bind(new.create_time)
    .bind(new.verify_time)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(Insertion::Beaten);
    }
    add_groups(tx, new).await?;
    Ok(Insertion::Done)
}

/// Stores an open employment that was changed; its row is locked, and is still the one that was read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version or not open.
pub(crate) async fn update(
    tx: &mut PgConnection,
    changed: &Employment,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE employments
         SET person_display_name = $3, state = $4, location_id = $5, source_invitation_id = $6, version = $7,
             update_time = $8, verify_time = $9
         WHERE organization_id = $1 AND employment_id = $2 AND version = $7 - 1
           AND state = ANY ($10)",
    )
    .bind(changed.organization.as_uuid())
    .bind(changed.id.as_uuid())
    .bind(&changed.person_display_name)
    .bind(changed.state.as_str())
    .bind(changed.location.map(|id| id.as_uuid()))
    .bind(changed.source_invitation.map(|id| id.as_uuid()))
    .bind(changed.version)
    .bind(now)
    .bind(changed.verify_time)
    .bind(OPEN.as_slice())
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() != 1 {
        let text = "a locked employment changed under the lock";
        return Err(DatabaseError::Inconsistent(text.to_owned()));
    }
    add_groups(tx, changed).await
}

async fn add_groups(tx: &mut PgConnection, employment: &Employment) -> Result<(), DatabaseError> {
    let groups: Vec<Uuid> = employment.groups.iter().copied().map(GroupId::as_uuid).collect();
    sqlx::query(
        "INSERT INTO employment_groups (organization_id, employment_id, group_id)
         SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING",
    )
    .bind(employment.organization.as_uuid())
    .bind(employment.id.as_uuid())
    .bind(groups)
    .execute(tx)
    .await?;
    Ok(())
}

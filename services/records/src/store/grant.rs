//! Grants.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{GrantId, OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::changed_one;
use crate::domain::{Grant, GrantState, GrantStateName};

/// Every column: the one list of columns of this module.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT person_id, grant_id, organization_id, state, version, create_time, revoke_time FROM grants ",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for Grant {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            person: row.try_get("person_id")?,
            id: row.try_get("grant_id")?,
            organization: row.try_get("organization_id")?,
            state: state(row)?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
        })
    }
}

fn state(row: &PgRow) -> Result<GrantState, sqlx::Error> {
    match (row.try_get("state")?, row.try_get("revoke_time")?) {
        (GrantStateName::Active, None) => Ok(GrantState::Active),
        (GrantStateName::Revoked, Some(revoke_time)) => Ok(GrantState::Revoked { revoke_time }),
        (GrantStateName::Lapsed, None) => Ok(GrantState::Lapsed),
        _ => Err(sqlx::Error::Decode("a grant is in no possible state".into())),
    }
}

/// Stores a new active grant, unless the person has one for the organization. Waits for a transaction that is about to
/// store one.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Grant) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person_id, organization_id) WHERE state = 'ACTIVE' DO NOTHING",
    )
    .bind(new.person)
    .bind(new.id)
    .bind(new.organization)
    .bind(new.state.name())
    .bind(new.version)
    .bind(new.create_time)
    .execute(tx)
    .await?;
    Ok(done.into())
}

/// The active grant of the person to the organization. It stays active until the transaction ends: taking it back waits
/// for it. Nobody else holds it meanwhile: with a shared lock, readings that begin all the time would keep a person who
/// takes it back waiting for ever.
pub(crate) async fn lock_active(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
) -> Result<Option<Grant>, DatabaseError> {
    let active = sqlx::query_as(select!(
        "WHERE person_id = $1 AND organization_id = $2 AND state = 'ACTIVE' FOR NO KEY UPDATE"
    ))
    .bind(person)
    .bind(organization)
    .fetch_optional(tx)
    .await?;
    Ok(active)
}

/// A grant of the person, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    person: PersonId,
    id: GrantId,
) -> Result<Option<Grant>, DatabaseError> {
    let locked = sqlx::query_as(select!(
        "WHERE person_id = $1 AND grant_id = $2 FOR NO KEY UPDATE"
    ))
    .bind(person)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

/// Stores an active grant that was changed; its row is locked, and is still the one that was read.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version or not active.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Grant) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE grants SET state = $3, revoke_time = $4, version = $5
         WHERE person_id = $1 AND grant_id = $2 AND version = $5 - 1 AND state = $6",
    )
    .bind(changed.person)
    .bind(changed.id)
    .bind(changed.state.name())
    .bind(changed.state.revoke_time())
    .bind(changed.version)
    .bind(GrantStateName::Active)
    .execute(tx)
    .await?;
    changed_one(done.rows_affected())
}

/// Ends the consent that a person gave an organization by `end`, when their employment there was over.
pub(crate) async fn lapse(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    end: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE grants SET state = $4, version = version + 1
         WHERE person_id = $1 AND organization_id = $2 AND state = 'ACTIVE' AND create_time <= $3",
    )
    .bind(person)
    .bind(organization)
    .bind(end)
    .bind(GrantStateName::Lapsed)
    .execute(tx)
    .await?;
    Ok(())
}

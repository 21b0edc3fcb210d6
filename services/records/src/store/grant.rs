//! Grants.

use muster_database::DatabaseError;
use muster_ids::{GrantId, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::inconsistent;
use crate::domain::{Grant, GrantState};

#[derive(Debug, sqlx::FromRow)]
struct GrantRow {
    person_id: Uuid,
    grant_id: Uuid,
    organization_id: Uuid,
    state: String,
    create_time: OffsetDateTime,
    revoke_time: Option<OffsetDateTime>,
}

impl TryFrom<GrantRow> for Grant {
    type Error = DatabaseError;

    fn try_from(row: GrantRow) -> Result<Self, DatabaseError> {
        let state = match (row.state.as_str(), row.revoke_time) {
            ("ACTIVE", None) => GrantState::Active,
            ("REVOKED", Some(revoke_time)) => GrantState::Revoked { revoke_time },
            ("LAPSED", None) => GrantState::Lapsed,
            _ => return Err(inconsistent("a grant is in no possible state")),
        };
        Ok(Self {
            person: PersonId::from_uuid(row.person_id),
            id: GrantId::from_uuid(row.grant_id),
            organization: OrganizationId::from_uuid(row.organization_id),
            state,
            create_time: row.create_time,
        })
    }
}

/// What became of a new row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
    /// It is there.
    Done,
    /// There is an active one already.
    Beaten,
}

/// Stores a new active grant, unless the person has one for the organization. Waits for a transaction that is about to
/// store one.
///
/// # Errors
/// The database's.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Grant) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time)
         VALUES ($1, $2, $3, 'ACTIVE', 1, $4)
         ON CONFLICT (person_id, organization_id) WHERE state = 'ACTIVE' DO NOTHING",
    )
    .bind(new.person.as_uuid())
    .bind(new.id.as_uuid())
    .bind(new.organization.as_uuid())
    .bind(new.create_time)
    .execute(tx)
    .await?;
    Ok(if done.rows_affected() == 1 {
        Insertion::Done
    } else {
        Insertion::Beaten
    })
}

/// The active grant of the person to the organization. It stays active until the transaction ends: taking it back waits
/// for it. Nobody else holds it meanwhile: with a shared lock, readings that begin all the time would keep a person who
/// takes it back waiting for ever.
///
/// # Errors
/// The database's.
pub(crate) async fn hold_active(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
) -> Result<Option<Grant>, DatabaseError> {
    let row: Option<GrantRow> = sqlx::query_as(
        "SELECT person_id, grant_id, organization_id, state, create_time, revoke_time FROM grants
         WHERE person_id = $1 AND organization_id = $2 AND state = 'ACTIVE' FOR NO KEY UPDATE",
    )
    .bind(person.as_uuid())
    .bind(organization.as_uuid())
    .fetch_optional(tx)
    .await?;
    row.map(Grant::try_from).transpose()
}

/// Takes back an active grant of the person, and answers it as it is then; one that is over stays as it is.
///
/// # Errors
/// The database's.
pub(crate) async fn revoke(
    tx: &mut PgConnection,
    person: PersonId,
    id: GrantId,
    now: OffsetDateTime,
) -> Result<Option<Grant>, DatabaseError> {
    sqlx::query(
        "UPDATE grants SET state = 'REVOKED', revoke_time = $3, version = version + 1
         WHERE person_id = $1 AND grant_id = $2 AND state = 'ACTIVE'",
    )
    .bind(person.as_uuid())
    .bind(id.as_uuid())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    let row: Option<GrantRow> = sqlx::query_as(
        "SELECT person_id, grant_id, organization_id, state, create_time, revoke_time FROM grants
         WHERE person_id = $1 AND grant_id = $2",
    )
    .bind(person.as_uuid())
    .bind(id.as_uuid())
    .fetch_optional(tx)
    .await?;
    row.map(Grant::try_from).transpose()
}

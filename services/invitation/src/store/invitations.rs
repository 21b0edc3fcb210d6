//! Making, finding and accepting invitations.

use muster_database::DatabaseError;
use muster_ids::{GroupId, InvitationId, LocationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::rows::{InvitationRow, select_invitation};
use crate::domain::invitation::{Acceptance, Invitation, StateName};

/// Inserts a new invitation with its groups, unless the address has a live or active one. Waits for a transaction
/// that is just making one. The index decides, not a look beforehand.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Invitation) -> Result<bool, DatabaseError> {
    let groups: Vec<Uuid> = new.groups.iter().map(|id| id.as_uuid()).collect();
    let done = sqlx::query(
        "WITH made AS (
             INSERT INTO invitations (organization_id, invitation_id, version, state, address_given,
                 address_canonical, location_id, source, inviter_person_id, import_id, generation, delivery_state,
                 create_time, send_time, expire_time, traceparent)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
             ON CONFLICT (organization_id, address_canonical) WHERE state IN ('PROSPECT', 'PENDING', 'ACTIVE')
             DO NOTHING
             RETURNING organization_id, invitation_id)
         INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT made.organization_id, made.invitation_id, wanted.group_id
         FROM made, unnest($17::uuid[]) AS wanted (group_id)",
    )
    .bind(new.organization.as_uuid())
    .bind(new.id.as_uuid())
    .bind(new.version)
    .bind(new.state.name().as_str())
    .bind(new.address.as_given())
    .bind(new.address.canonical())
    .bind(new.location.map(LocationId::as_uuid))
    .bind(new.source.as_str())
    .bind(new.inviter.as_uuid())
    .bind(new.import.map(|id| id.as_uuid()))
    .bind(new.generation)
    .bind(new.delivery.as_str())
    .bind(new.create_time)
    .bind(new.send_time)
    .bind(new.expire_time)
    .bind(new.traceparent.as_deref())
    .bind(groups)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Locks the live or active invitation of an address, if there is one, and reads it after the lock was had.
pub(crate) async fn lock_by_address(
    tx: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
) -> Result<Option<Invitation>, DatabaseError> {
    let locked: Option<Uuid> = sqlx::query_scalar(
        "SELECT invitation_id FROM invitations
         WHERE organization_id = $1 AND address_canonical = $2 AND state IN ('PROSPECT', 'PENDING', 'ACTIVE')
         FOR UPDATE",
    )
    .bind(organization.as_uuid())
    .bind(canonical)
    .fetch_optional(&mut *tx)
    .await?;
    match locked {
        // A statement of its own: the groups that another transaction added while this one waited are seen.
        Some(id) => find(tx, organization, InvitationId::from_uuid(id)).await,
        None => Ok(None),
    }
}

/// One invitation.
pub(crate) async fn find(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Option<Invitation>, DatabaseError> {
    let row: Option<InvitationRow> = sqlx::query_as(select_invitation!(
        "WHERE i.organization_id = $1 AND i.invitation_id = $2"
    ))
    .bind(organization.as_uuid())
    .bind(id.as_uuid())
    .fetch_optional(connection)
    .await?;
    row.map(Invitation::try_from).transpose()
}

/// Which of the canonical addresses belong to active learners.
pub(crate) async fn active_among(
    connection: &mut PgConnection,
    organization: OrganizationId,
    addresses: &[String],
) -> Result<Vec<String>, DatabaseError> {
    Ok(sqlx::query_scalar(
        // Address after address: each is one look into the index of live addresses, whatever else there is.
        "SELECT wanted.address FROM unnest($2::text[]) AS wanted (address)
         CROSS JOIN LATERAL (
             SELECT FROM invitations
             WHERE organization_id = $1 AND address_canonical = wanted.address AND state = 'ACTIVE' LIMIT 1) AS learner",
    )
    .bind(organization.as_uuid())
    .bind(addresses)
    .fetch_all(connection)
    .await?)
}

/// Writes down that a locked invitation has run out, which makes room for a new one of its address.
pub(crate) async fn mark_expired(
    tx: &mut PgConnection,
    invitation: &Invitation,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE invitations SET state = 'EXPIRED', version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND state = ANY ($4) AND expire_time <= $3",
    )
    .bind(invitation.organization.as_uuid())
    .bind(invitation.id.as_uuid())
    .bind(now)
    .bind(StateName::LIVE.as_slice())
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds groups to a locked invitation, and the location when it has none. Tells whether anything changed.
pub(crate) async fn merge(
    tx: &mut PgConnection,
    invitation: &Invitation,
    groups: &[GroupId],
    location: Option<LocationId>,
) -> Result<bool, DatabaseError> {
    let new: Vec<Uuid> = groups
        .iter()
        .filter(|id| !invitation.groups.contains(id))
        .map(|id| id.as_uuid())
        .collect();
    let location = location.filter(|_| invitation.location.is_none());
    if new.is_empty() && location.is_none() {
        return Ok(false);
    }
    sqlx::query(
        "WITH added AS (
             INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
             SELECT $1, $2, wanted.group_id FROM unnest($3::uuid[]) AS wanted (group_id)
             ON CONFLICT DO NOTHING)
         UPDATE invitations SET version = version + 1, location_id = COALESCE(location_id, $4)
         WHERE organization_id = $1 AND invitation_id = $2",
    )
    .bind(invitation.organization.as_uuid())
    .bind(invitation.id.as_uuid())
    .bind(new)
    .bind(location.map(LocationId::as_uuid))
    .execute(tx)
    .await?;
    Ok(true)
}

/// Makes a live invitation of this generation active. `None` when it is not (or no longer) one at `acceptance.time`:
/// of any number of calls, one gets the row.
pub(crate) async fn accept(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: InvitationId,
    generation: i32,
    acceptance: &Acceptance,
) -> Result<Option<Invitation>, DatabaseError> {
    let done = sqlx::query(
        "UPDATE invitations
         SET state = 'ACTIVE', version = version + 1, person_id = $4, person_display_name = $5, accept_time = $6
         WHERE organization_id = $1 AND invitation_id = $2 AND generation = $3
           AND state = ANY ($7) AND expire_time > $6",
    )
    .bind(organization.as_uuid())
    .bind(id.as_uuid())
    .bind(generation)
    .bind(acceptance.person.as_uuid())
    .bind(&acceptance.display_name)
    .bind(acceptance.time)
    .bind(StateName::LIVE.as_slice())
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        Ok(None)
    } else {
        find(tx, organization, id).await
    }
}

//! Making, finding and changing invitations.

pub(crate) mod due;
pub(crate) mod invitee;
pub(crate) mod list;
mod row;
mod update;

use muster_database::{DatabaseError, Insertion};
use muster_ids::{InvitationId, OrganizationId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::words::occupying;
use crate::domain::invitation::{DeliveryState, Invitation, StateName};
use row::select_invitation;

pub(crate) use update::{update, update_with_groups};

/// After every id.
const LAST: InvitationId = InvitationId::from_uuid(Uuid::max());

/// Inserts a new invitation with its groups, unless the address has one that keeps it. Waits for a transaction that is
/// just making one. The index decides, not a look beforehand. Of somebody who asked not to be invited again the mail is
/// suppressed; one that asks at this very moment is heard when the mail worker asks.
pub(crate) async fn insert(tx: &mut PgConnection, new: &mut Invitation) -> Result<Insertion, DatabaseError> {
    let stored: Option<DeliveryState> = sqlx::query_scalar(concat!(
        "WITH made AS (
             INSERT INTO invitations (organization_id, invitation_id, version, state, address_given,
                 address_canonical, location_id, source, inviter_person_id, import_id, generation, delivery_state,
                 create_time, send_time, expire_time, traceparent, mail_number, mail_times)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                     CASE WHEN EXISTS (SELECT FROM opt_outs WHERE organization_id = $1 AND address_canonical = $6)
                          THEN $20 ELSE $12 END,
                     $13, $14, $15, $16, $17, $18)
             ON CONFLICT (organization_id, address_canonical) WHERE state IN (",
        occupying!(),
        ") DO NOTHING
             RETURNING organization_id, invitation_id, delivery_state)
         INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT made.organization_id, made.invitation_id, wanted.group_id
         FROM made, unnest($19::uuid[]) AS wanted (group_id)
         RETURNING (SELECT delivery_state FROM made)",
    ))
    .bind(new.organization)
    .bind(new.id)
    .bind(new.version)
    .bind(new.state.name())
    .bind(new.address.as_given())
    .bind(new.address.canonical())
    .bind(new.location)
    .bind(new.source)
    .bind(new.inviter)
    .bind(new.import)
    .bind(new.generation)
    .bind(new.delivery)
    .bind(new.create_time)
    .bind(new.send_time)
    .bind(new.expire_time)
    .bind(new.traceparent.as_deref())
    .bind(new.mails.number)
    .bind(&new.mails.times)
    .bind(&new.groups)
    .bind(DeliveryState::Suppressed)
    .fetch_optional(tx)
    .await?;
    new.delivery = stored.unwrap_or(new.delivery);
    Ok(match stored {
        Some(_) => Insertion::Stored,
        None => Insertion::Exists,
    })
}

/// Locks the invitation that keeps an address, if there is one, and reads it after the lock was had.
pub(crate) async fn lock_by_address(
    tx: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
) -> Result<Option<Invitation>, DatabaseError> {
    let locked: Option<InvitationId> = sqlx::query_scalar(concat!(
        "SELECT invitation_id FROM invitations
         WHERE organization_id = $1 AND address_canonical = $2 AND state IN (",
        occupying!(),
        ") FOR UPDATE",
    ))
    .bind(organization)
    .bind(canonical)
    .fetch_optional(&mut *tx)
    .await?;
    match locked {
        // A statement of its own: the groups that another transaction added while this one waited are seen.
        Some(id) => find(tx, organization, id).await,
        None => Ok(None),
    }
}

/// Locks an invitation, and reads it after the lock was had: of any number of calls that want to change it one goes on,
/// and the others see what it did.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Option<Invitation>, DatabaseError> {
    let locked = sqlx::query(
        "SELECT FROM invitations WHERE organization_id = $1 AND invitation_id = $2 FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    match locked {
        Some(_) => find(tx, organization, id).await,
        None => Ok(None),
    }
}

/// Locks the active invitations of the organization that the person accepted.
pub(crate) async fn lock_accepted_by(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Vec<Invitation>, DatabaseError> {
    // Groups of what is active do not change: one statement reads and locks.
    let select = select_invitation!(
        "WHERE i.organization_id = $1 AND i.person_id = $2 AND i.state = $3 ORDER BY i.invitation_id FOR NO KEY UPDATE OF i"
    );
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(person)
        .bind(StateName::Active)
        .fetch_all(tx)
        .await?)
}

/// One invitation.
pub(crate) async fn find(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Option<Invitation>, DatabaseError> {
    let select = select_invitation!("WHERE i.organization_id = $1 AND i.invitation_id = $2");
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(id)
        .fetch_optional(connection)
        .await?)
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
    .bind(organization)
    .bind(addresses)
    .fetch_all(connection)
    .await?)
}

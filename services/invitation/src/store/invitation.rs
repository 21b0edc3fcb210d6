//! Making, finding and changing invitations.

pub(crate) mod changes;
pub(crate) mod counts;
pub(crate) mod due;
pub(crate) mod invitee;
pub(crate) mod list;
mod row;
mod update;

use std::collections::{BTreeSet, HashMap, HashSet};

use muster_database::{DatabaseError, Insertion};
use muster_ids::{GroupId, InvitationId, OrganizationId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::state_lists::{mailbox, occupying};
use crate::domain::invitation::{DeliveryState, Invitation, StateName};
use row::select_invitation;

pub(crate) use update::{update, update_handed_over, update_reported, update_with_groups};

/// After every id.
const LAST: InvitationId = InvitationId::from_uuid(Uuid::max());

/// Inserts a new invitation with its groups; see [`insert_all`].
pub(crate) async fn insert(tx: &mut PgConnection, new: &mut Invitation) -> Result<Insertion, DatabaseError> {
    let stored = insert_all(tx, std::slice::from_mut(new)).await?;
    Ok(stored.into_iter().next().unwrap_or(Insertion::Exists))
}

/// Inserts new invitations with their groups, in the order given, and tells of each whether it is stored: not when its
/// address has one that keeps it. Waits for transactions that are just making one. The index decides, not a look
/// beforehand. Of somebody who asked not to be invited again the mail is suppressed; one that asks at this very moment is
/// heard when the mail worker asks.
pub(crate) async fn insert_all(
    tx: &mut PgConnection,
    new: &mut [Invitation],
) -> Result<Vec<Insertion>, DatabaseError> {
    Ok(insert_and_look(tx, new).await?.insertions)
}

/// What [`insert_and_look`] has found.
pub(crate) struct Inserted {
    pub(crate) insertions: Vec<Insertion>,
    /// Whether the organization had been closed when the statement began; then the transaction is not to be committed.
    pub(crate) is_closed: bool,
}

/// As [`insert_all`], by a transaction that began with [`super::closing::keep_open`]: it looks whether the organization was closed.
pub(crate) async fn insert_and_look(
    tx: &mut PgConnection,
    new: &mut [Invitation],
) -> Result<Inserted, DatabaseError> {
    let Some(organization) = new.first().map(|new| new.organization) else {
        let (insertions, is_closed) = (Vec::new(), false);
        return Ok(Inserted {
            insertions,
            is_closed,
        });
    };
    let groups = || {
        new.iter()
            .flat_map(|new| new.groups.iter().map(|group| (new.id, *group)))
    };
    let (of, wanted): (Vec<InvitationId>, Vec<GroupId>) = groups().unzip();
    let stored: Vec<(Option<InvitationId>, Option<DeliveryState>, bool)> = sqlx::query_as(concat!(
        "WITH made AS (
             INSERT INTO invitations (organization_id, invitation_id, version, state, address_given,
                 address_canonical, location_id, source, inviter_person_id, import_id, generation, delivery_state,
                 create_time, send_time, expire_time, traceparent, mail_number, mail_times, language)
             SELECT organization_id, invitation_id, version, state, address_given, address_canonical, location_id, source,
                    inviter_person_id, import_id, generation, CASE WHEN is_unwanted THEN $21 ELSE delivery_state END,
                    create_time, send_time, expire_time, traceparent, mail_number,
                    CASE WHEN is_unwanted THEN '{}' ELSE ARRAY[mail_time] END, language
             FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::uuid[],
                         $8::text[], $9::uuid[], $10::uuid[], $11::integer[], $12::text[], $13::timestamptz[],
                         $14::timestamptz[], $15::timestamptz[], $16::text[], $17::integer[], $18::timestamptz[], $22::text[])
               AS new (organization_id, invitation_id, version, state, address_given, address_canonical, location_id,
                       source, inviter_person_id, import_id, generation, delivery_state, create_time, send_time,
                       expire_time, traceparent, mail_number, mail_time, language)
             LEFT JOIN LATERAL (
                 SELECT true AS is_unwanted FROM opt_outs o WHERE o.organization_id = new.organization_id AND ",
        mailbox!("o"),
        " = ",
        mailbox!("new"),
        " LIMIT 1) AS asked ON true
             ON CONFLICT (organization_id, address_canonical) WHERE state IN (",
        occupying!(),
        ") DO NOTHING
             RETURNING organization_id, invitation_id, delivery_state),
         grouped AS (
             INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
             SELECT made.organization_id, made.invitation_id, wanted.group_id
             FROM made JOIN unnest($19::uuid[], $20::uuid[]) AS wanted (invitation_id, group_id) USING (invitation_id))
         SELECT made.invitation_id, made.delivery_state, looked.is_closed
         FROM (SELECT EXISTS (SELECT FROM closings WHERE organization_id = $23) AS is_closed) AS looked
         LEFT JOIN made ON true",
    ))
    .bind(column(new, |new| new.organization))
    .bind(column(new, |new| new.id))
    .bind(column(new, |new| new.version))
    .bind(column(new, |new| new.state.name()))
    .bind(column(new, |new| new.address.as_given().to_owned()))
    .bind(column(new, |new| new.address.canonical().to_owned()))
    .bind(column(new, |new| new.location))
    .bind(column(new, |new| new.source))
    .bind(column(new, |new| new.inviter))
    .bind(column(new, |new| new.import))
    .bind(column(new, |new| new.generation))
    .bind(column(new, |new| new.delivery))
    .bind(column(new, |new| new.create_time))
    .bind(column(new, |new| new.send_time))
    .bind(column(new, |new| new.expire_time))
    .bind(column(new, |new| new.traceparent.clone()))
    .bind(column(new, |new| new.mails.number))
    // A new invitation has asked for one mail.
    .bind(column(new, |new| new.mails.times.first().copied().unwrap_or(new.send_time)))
    .bind(of)
    .bind(wanted)
    .bind(DeliveryState::Suppressed)
    .bind(column(new, |new| new.language.tag()))
    .bind(organization)
    .fetch_all(tx)
    .await?;
    let is_closed = stored.iter().any(|(.., is_closed)| *is_closed);
    let stored = stored
        .into_iter()
        .filter_map(|(id, delivery, _)| id.zip(delivery));
    let stored: HashMap<InvitationId, DeliveryState> = stored.collect();
    let insertion = |new: &mut Invitation| match stored.get(&new.id) {
        Some(delivery) => {
            new.delivery = *delivery;
            if new.delivery == DeliveryState::Suppressed {
                new.mails.suppress();
            }
            Insertion::Stored
        }
        None => Insertion::Exists,
    };
    Ok(Inserted {
        insertions: new.iter_mut().map(insertion).collect(),
        is_closed,
    })
}

fn column<T>(new: &[Invitation], value: impl Fn(&Invitation) -> T) -> Vec<T> {
    new.iter().map(value).collect()
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

/// One look into the primary key for each id of $2, whatever else there is: as a condition on the key, the planner would read
/// through all invitations of the organization while it takes the table for empty.
macro_rules! each_of {
    ($select:expr) => {
        concat!(
            "SELECT theirs.* FROM unnest($2::uuid[]) AS wanted (invitation_id) CROSS JOIN LATERAL (",
            $select,
            ") AS theirs"
        )
    };
}

/// Locks those of these invitations that exist, in the order of their ids. Their groups are as they were when the statement
/// began.
pub(crate) async fn lock_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    ids: BTreeSet<InvitationId>,
) -> Result<Vec<Invitation>, DatabaseError> {
    let select = each_of!(select_invitation!(
        "WHERE i.organization_id = $1 AND i.invitation_id = wanted.invitation_id LIMIT 1 FOR NO KEY UPDATE OF i"
    ));
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(ids.into_iter().collect::<Vec<_>>())
        .fetch_all(tx)
        .await?)
}

/// Locks the active invitations of the organization that the person accepted.
pub(crate) async fn lock_accepted_by(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    state: StateName,
) -> Result<Vec<Invitation>, DatabaseError> {
    // Groups of what was accepted do not change: one statement reads and locks.
    let select = select_invitation!(
        "WHERE i.organization_id = $1 AND i.person_id = $2 AND i.state = $3 ORDER BY i.invitation_id FOR NO KEY UPDATE OF i"
    );
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(person)
        .bind(state)
        .fetch_all(tx)
        .await?)
}

/// What the person accepted last at the organization and is still active.
pub(crate) async fn find_accepted_by(
    connection: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Invitation>, DatabaseError> {
    let select = select_invitation!(
        "WHERE i.organization_id = $1 AND i.person_id = $2 AND i.state = $3 ORDER BY i.accept_time DESC LIMIT 1"
    );
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(person)
        .bind(StateName::Active)
        .fetch_optional(connection)
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

/// Those of these invitations that exist, and are not to somebody who wants no further invitation of the organization.
pub(crate) async fn find_wanted(
    connection: &mut PgConnection,
    organization: OrganizationId,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, DatabaseError> {
    // As NOT EXISTS the planner would make a join of it, and might look through all who want none.
    let select = each_of!(select_invitation!(
        "WHERE i.organization_id = $1 AND i.invitation_id = wanted.invitation_id
           AND (SELECT true FROM opt_outs o WHERE o.organization_id = $1 AND ",
        mailbox!("o"),
        " = ",
        mailbox!("i"),
        " LIMIT 1) IS NULL
         LIMIT 1"
    ));
    Ok(sqlx::query_as(select)
        .bind(organization)
        .bind(ids)
        .fetch_all(connection)
        .await?)
}

/// Which of the canonical addresses have an invitation that keeps them.
pub(crate) async fn occupied_among(
    connection: &mut PgConnection,
    organization: OrganizationId,
    addresses: &[&str],
) -> Result<HashSet<String>, DatabaseError> {
    let occupied: Vec<String> = sqlx::query_scalar(concat!(
        // As in `active_among`.
        "SELECT wanted.address FROM unnest($2::text[]) AS wanted (address)
         CROSS JOIN LATERAL (
             SELECT FROM invitations
             WHERE organization_id = $1 AND address_canonical = wanted.address AND state IN (",
        occupying!(),
        ") LIMIT 1) AS live",
    ))
    .bind(organization)
    .bind(addresses)
    .fetch_all(connection)
    .await?;
    Ok(occupied.into_iter().collect())
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

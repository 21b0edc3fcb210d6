//! The updates of an invitation: what a transition made of it, stored only over the version that it was made from.

use std::collections::HashSet;

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId};
use sqlx::PgConnection;

use super::column;
use crate::domain::invitation::{Invitation, Reported};

/// Stores a changed invitation, and raises its version. Tells whether it did: not when the stored version is another one
/// by now, which cannot be while the row is locked.
pub(crate) async fn update(
    tx: &mut PgConnection,
    invitation: &mut Invitation,
) -> Result<bool, DatabaseError> {
    let (acceptance, decline) = (invitation.state.acceptance(), invitation.state.decline());
    let reported = invitation.reported;
    let done = sqlx::query(
        "UPDATE invitations
         SET version = version + 1, state = $4, location_id = $5, generation = $6, delivery_state = $7,
             delivery_detail = $8, delivery_id = $9, delivery_sequence = $10, send_time = $11, expire_time = $12,
             person_id = $13, person_display_name = $14, accept_time = $15,
             mail_number = $16, mail_times = $17, traceparent = $18, state_before_decline = $19, decline_time = $20,
             source = $21, inviter_person_id = $22, import_id = $23, handover_time = $24,
             vouch_time = $25
         WHERE organization_id = $1 AND invitation_id = $2 AND version = $3",
    )
    .bind(invitation.organization)
    .bind(invitation.id)
    .bind(invitation.version)
    .bind(invitation.state.name())
    .bind(invitation.location)
    .bind(invitation.generation)
    .bind(invitation.delivery)
    .bind(&invitation.delivery_detail)
    .bind(reported.map(|known| known.delivery))
    .bind(reported.map_or(0, |known: Reported| known.sequence))
    .bind(invitation.send_time)
    .bind(invitation.expire_time)
    .bind(acceptance.map(|acceptance| acceptance.person))
    .bind(acceptance.map(|acceptance| acceptance.display_name.as_str()))
    .bind(acceptance.map(|acceptance| acceptance.time))
    .bind(invitation.mails.number)
    .bind(&invitation.mails.times)
    .bind(invitation.traceparent.as_deref())
    .bind(decline.map(|decline| decline.before))
    .bind(decline.map(|decline| decline.time))
    .bind(invitation.source)
    .bind(invitation.inviter)
    .bind(invitation.import)
    .bind(invitation.handover)
    .bind(invitation.vouch_time)
    .execute(tx)
    .await?;
    let did_it = done.rows_affected() == 1;
    invitation.version += i64::from(did_it);
    Ok(did_it)
}

/// The same, when groups were added.
pub(crate) async fn update_with_groups(
    tx: &mut PgConnection,
    invitation: &mut Invitation,
) -> Result<bool, DatabaseError> {
    if !update(tx, invitation).await? {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT $1, $2, wanted.group_id FROM unnest($3::uuid[]) AS wanted (group_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(invitation.organization)
    .bind(invitation.id)
    .bind(&invitation.groups)
    .execute(tx)
    .await?;
    Ok(true)
}

/// The same of many that are locked, of which a report has changed the state and what became of the mail. Tells how many it
/// stored.
pub(crate) async fn update_reported(
    tx: &mut PgConnection,
    organization: OrganizationId,
    changed: &[Invitation],
) -> Result<usize, DatabaseError> {
    let done = sqlx::query(
        // The rows are found by their keys and places alone: the planner is left no join that reads the whole table. What each becomes stands
        // where its id stands among theirs: unnested for each, a hundred would be ten thousand rows.
        "UPDATE invitations i
         SET version = version + 1,
             (state, delivery_state, delivery_detail, delivery_id, delivery_sequence, state_before_decline, handover_time) = (
             SELECT ($4::text[])[place], ($5::text[])[place], ($6::text[])[place], ($7::uuid[])[place], ($8::bigint[])[place],
                    ($9::text[])[place], ($10::timestamptz[])[place]
             FROM array_position($2::uuid[], i.invitation_id) AS place)
         WHERE ctid = ANY (ARRAY(
             SELECT found.ctid FROM unnest($2::uuid[], $3::bigint[]) AS r (invitation_id, version)
             CROSS JOIN LATERAL (
                 SELECT f.ctid FROM invitations f
                 WHERE f.organization_id = $1 AND f.invitation_id = r.invitation_id AND f.version = r.version
                 LIMIT 1) AS found))",
    )
    .bind(organization)
    .bind(column(changed, |changed| changed.id))
    .bind(column(changed, |changed| changed.version))
    .bind(column(changed, |changed| changed.state.name()))
    .bind(column(changed, |changed| changed.delivery))
    .bind(column(changed, |changed| changed.delivery_detail.clone()))
    .bind(column(changed, |changed| changed.reported.map(|known| known.delivery)))
    .bind(column(changed, |changed| changed.reported.map_or(0, |known| known.sequence)))
    .bind(column(changed, |changed| changed.state.decline().map(|decline| decline.before)))
    .bind(column(changed, |changed| changed.handover))
    .execute(tx)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}

/// Stores of many that the mail worker is told to send their mails, and gives those of which it is stored, each with the version that
/// it had: not of those that have another one by now, nor of those that somebody else has locked. It waits for nobody, and may be run
/// without a transaction.
pub(crate) async fn update_handed_over(
    connection: &mut PgConnection,
    organization: OrganizationId,
    told: &[Invitation],
) -> Result<HashSet<(InvitationId, i64)>, DatabaseError> {
    let stored: Vec<(InvitationId, i64)> = sqlx::query_as(
        // As in `update_reported`.
        "UPDATE invitations i
         SET version = version + 1,
             handover_time = ($3::timestamptz[])[array_position($2::uuid[], i.invitation_id)]
         WHERE ctid = ANY (ARRAY(
             SELECT found.ctid FROM unnest($2::uuid[], $4::bigint[]) AS t (invitation_id, version)
             CROSS JOIN LATERAL (
                 SELECT f.ctid FROM invitations f
                 WHERE f.organization_id = $1 AND f.invitation_id = t.invitation_id AND f.version = t.version
                 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS found))
         RETURNING i.invitation_id, i.version - 1",
    )
    .bind(organization)
    .bind(column(told, |told| told.id))
    .bind(column(told, |told| told.handover))
    .bind(column(told, |told| told.version))
    .fetch_all(connection)
    .await?;
    Ok(stored.into_iter().collect())
}

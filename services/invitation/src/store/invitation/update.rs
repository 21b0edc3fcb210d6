//! The one update of an invitation: what a transition made of it, stored only over the version that it was made from.

use muster_database::DatabaseError;
use sqlx::PgConnection;

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
             mail_number = $16, mail_times = $17, traceparent = $18, state_before_decline = $19, decline_time = $20
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

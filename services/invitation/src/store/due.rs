//! Scheduled mails whose time has come. Across organizations: nobody's call.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::rows::{InvitationRow, select_invitation};
use crate::domain::invitation::Invitation;

/// Locks up to `limit` live invitations whose mail is due at `now` and not yet asked for, passing over those that
/// another process holds.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Invitation>, DatabaseError> {
    let rows: Vec<InvitationRow> = sqlx::query_as(select_invitation!(
        "WHERE i.delivery_state = 'SCHEDULED' AND i.send_time <= $1 AND i.state IN ('PROSPECT', 'PENDING')
         ORDER BY i.send_time LIMIT $2 FOR UPDATE OF i SKIP LOCKED"
    ))
    .bind(now)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// Marks the mail of a locked invitation as asked for, and gives the new version.
pub(crate) async fn mark_queued(
    tx: &mut PgConnection,
    invitation: &Invitation,
) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(
        "UPDATE invitations SET delivery_state = 'QUEUED', version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND delivery_state = 'SCHEDULED'
         RETURNING version",
    )
    .bind(invitation.organization.as_uuid())
    .bind(invitation.id.as_uuid())
    .fetch_one(tx)
    .await?)
}

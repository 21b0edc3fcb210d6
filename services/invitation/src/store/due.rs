//! Scheduled mails whose time has come. Across organizations: nobody's call.

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::invitation::{DeliveryState, MailRequest};

/// Locks up to `limit` live invitations whose mail is due at `now` and not yet asked for, passing over those that
/// another process holds. Reads no more than the request needs: one row that a newer release wrote in words of its own
/// must not keep back the mails of all others.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<MailRequest>, DatabaseError> {
    let rows: Vec<(Uuid, Uuid, i64, i32, Option<String>)> = sqlx::query_as(
        "SELECT organization_id, invitation_id, version, generation, traceparent FROM invitations
         WHERE delivery_state = 'SCHEDULED' AND send_time <= $1 AND state IN ('PROSPECT', 'PENDING')
         ORDER BY send_time LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let request = |(organization, invitation, version, generation, traceparent)| MailRequest {
        organization: OrganizationId::from_uuid(organization),
        invitation: InvitationId::from_uuid(invitation),
        version,
        generation,
        traceparent,
    };
    Ok(rows.into_iter().map(request).collect())
}

/// Marks the mail of a locked invitation as asked for, and gives the new version.
pub(crate) async fn mark_queued(tx: &mut PgConnection, mail: &MailRequest) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(
        "UPDATE invitations SET delivery_state = 'QUEUED', version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND delivery_state = $3
         RETURNING version",
    )
    .bind(mail.organization.as_uuid())
    .bind(mail.invitation.as_uuid())
    .bind(DeliveryState::Scheduled.as_str())
    .fetch_one(tx)
    .await?)
}

//! Invitations as those find them who were invited. Cross-tenant: by the verified addresses of the caller.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::InvitationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::super::state_lists::live;
use super::LAST;
use super::row::select_invitation;
use crate::domain::invitation::{Decline, DeliveryState, Invitation};

/// At most `limit`, newest first, those after `after` in the list: what waits for an answer at `now`, and the declines that can be
/// taken back. Each half has an index by address, and few rows.
pub(crate) async fn page(
    connection: &mut PgConnection,
    addresses: &[EmailAddress],
    after: Option<InvitationId>,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, DatabaseError> {
    let canonical: Vec<&str> = addresses.iter().map(EmailAddress::canonical).collect();
    let select = select_invitation!(
        "JOIN (SELECT organization_id, invitation_id FROM invitations
               WHERE address_canonical = ANY ($1) AND state IN (",
        live!(),
        ") AND NOT (delivery_state = $5 AND send_time > $6)
               UNION ALL
               SELECT organization_id, invitation_id FROM invitations
               WHERE address_canonical = ANY ($1) AND state = 'DECLINED' AND decline_time > $4) AS theirs
         USING (organization_id, invitation_id)
         WHERE i.invitation_id < $2 ORDER BY i.invitation_id DESC LIMIT $3"
    );
    Ok(sqlx::query_as(select)
        .bind(canonical)
        .bind(after.unwrap_or(LAST))
        .bind(limit)
        .bind(Decline::undoable_after(now))
        .bind(DeliveryState::Scheduled)
        .bind(now)
        .fetch_all(connection)
        .await?)
}

//! What became of the mail of an invitation.

use muster_database::DatabaseError;
use muster_ids::{DeliveryId, InvitationId, OrganizationId};
use sqlx::PgConnection;

use crate::domain::invitation::DeliveryState;

/// A report of the mail worker.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    /// The generation of the link that the mail carried.
    pub(crate) generation: i32,
    /// The delivery; a later one of the same invitation has a greater id.
    pub(crate) delivery: DeliveryId,
    /// The version of the delivery.
    pub(crate) sequence: i64,
    pub(crate) state: DeliveryState,
    /// Reply code and enhanced status.
    pub(crate) detail: String,
}

/// Takes the report over when it is about the current generation and newer than what is known: late and repeated
/// reports change nothing, nor do those of an earlier delivery than the one that is known. Versions are compared within
/// one delivery only: those of the next one begin again. A prospect whose mail was taken is pending. Tells whether it was taken over.
pub(crate) async fn take_over(tx: &mut PgConnection, report: &Report) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE invitations
         SET version = version + 1, delivery_state = $5, delivery_detail = $6, delivery_id = $7, delivery_sequence = $4,
             state = CASE WHEN state = 'PROSPECT' AND $5 = 'SENT' THEN 'PENDING' ELSE state END
         WHERE organization_id = $1 AND invitation_id = $2 AND generation = $3
           AND (delivery_id IS NULL OR delivery_id < $7 OR (delivery_id = $7 AND delivery_sequence < $4))",
    )
    .bind(report.organization.as_uuid())
    .bind(report.invitation.as_uuid())
    .bind(report.generation)
    .bind(report.sequence)
    .bind(report.state.as_str())
    .bind(&report.detail)
    .bind(report.delivery.as_uuid())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

//! Taking over what the mail worker reports.

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId};
use sqlx::PgConnection;

use crate::domain::invitation::DeliveryReport;
use crate::store::invitation::{lock, update};
use muster_states::Transition;

/// Keeps what became of the mail of an invitation. Tells whether anything changed: late and repeated reports, and those
/// about an invitation that does not exist, change nothing.
///
/// # Errors
/// The database's.
pub(crate) async fn report_delivery(
    tx: &mut PgConnection,
    organization: OrganizationId,
    invitation: InvitationId,
    report: DeliveryReport,
) -> Result<bool, DatabaseError> {
    let Some(invitation) = lock(tx, organization, invitation).await? else {
        return Ok(false);
    };
    match invitation.report(report) {
        Transition::Changed(mut changed) => update(tx, &mut changed).await,
        Transition::AlreadyDone(_) => Ok(false),
        Transition::Refused(never) => match never {},
    }
}

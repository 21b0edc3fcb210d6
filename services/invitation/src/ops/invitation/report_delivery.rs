//! Taking over what the mail worker reports.

use std::collections::{BTreeMap, HashMap};

use muster_database::DatabaseError;
use muster_ids::{InvitationId, InvitationName, OrganizationId};
use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::invitation::{DeliveryReport, Invitation};
use crate::store::invitation::{lock_all, update_reported};

/// Keeps what became of the mails of invitations. Tells how many invitations changed: late and repeated reports, and those
/// about an invitation that does not exist, change nothing.
///
/// # Errors
/// The database's.
pub(crate) async fn report_deliveries(
    tx: &mut PgConnection,
    reports: Vec<(InvitationName, DeliveryReport)>,
) -> Result<usize, DatabaseError> {
    let mut by_organization: BTreeMap<OrganizationId, Vec<(InvitationId, DeliveryReport)>> = BTreeMap::new();
    for (name, report) in reports {
        let of_one = by_organization.entry(name.organization).or_default();
        of_one.push((name.invitation, report));
    }
    let mut changed = 0;
    for (organization, reports) in by_organization {
        changed += report(tx, organization, reports).await?;
    }
    Ok(changed)
}

async fn report(
    tx: &mut PgConnection,
    organization: OrganizationId,
    reports: Vec<(InvitationId, DeliveryReport)>,
) -> Result<usize, DatabaseError> {
    let locked = lock_all(tx, organization, reports.iter().map(|(id, _)| *id).collect()).await?;
    let mut invitations: HashMap<InvitationId, Invitation> = locked
        .into_iter()
        .map(|invitation| (invitation.id, invitation))
        .collect();
    let mut changed: BTreeMap<InvitationId, Invitation> = BTreeMap::new();
    for (id, report) in reports {
        // Two reports of one invitation: the second is about what the first has made of it.
        let Some(invitation) = changed.remove(&id).or_else(|| invitations.remove(&id)) else {
            continue;
        };
        match invitation.report(report) {
            Transition::Changed(reported) => drop(changed.insert(id, reported)),
            Transition::AlreadyDone(same) => drop(invitations.insert(id, same)),
            Transition::Refused(never) => match never {},
        }
    }
    let changed: Vec<Invitation> = changed.into_values().collect();
    if changed.is_empty() {
        return Ok(0);
    }
    update_reported(tx, organization, &changed).await
}

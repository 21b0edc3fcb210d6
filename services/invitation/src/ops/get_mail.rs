//! What the mail worker asks just before it sends.

use std::collections::{HashMap, HashSet};

use muster_ids::{InvitationId, InvitationName, OrganizationId};

use crate::context::Context;
use crate::domain::invitation::{DeliveryState, Invitation};
use crate::domain::inviting::{InvitingContext, OrganizationStatus};
use crate::domain::link::Link;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::{invitation as invitations, opt_out};
use muster_database::{Database, DatabaseError, Together};
use muster_server::Failure;
use sqlx::PgConnection;

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) invitation: Invitation,
    pub(crate) inviting: InvitingContext,
    pub(crate) link: String,
}

/// Looks that are one statement.
const LOOKS_AT_ONCE: usize = 100;

/// Looks for invitations whose mails are asked for at the same time. `None`: could not look.
pub(crate) type Mails = Together<OrganizationId, Look, Option<Option<Invitation>>>;

/// A look for an invitation.
pub(crate) struct Look {
    database: Database,
    invitation: InvitationId,
}

/// Nobody looks yet.
pub(crate) fn mails() -> Mails {
    Together::new(LOOKS_AT_ONCE, |organization: &OrganizationId, looks| {
        look(*organization, looks)
    })
}

async fn look(organization: OrganizationId, looks: Vec<Look>) -> Vec<Option<Option<Invitation>>> {
    let Some(database) = looks.first().map(|look| look.database.clone()) else {
        return Vec::new();
    };
    let ids: Vec<InvitationId> = looks.iter().map(|look| look.invitation).collect();
    let find = async |c: &mut _| wanted_all(c, organization, &ids).await;
    match database.read(find).await {
        Ok(found) => ids.iter().map(|id| Some(found.get(id).cloned())).collect(),
        Err(_) => vec![None; ids.len()],
    }
}

/// Those of the invitations that exist, and that are not to somebody who wants none. That may have been said while the
/// invitation was made.
async fn wanted_all(
    c: &mut PgConnection,
    organization: OrganizationId,
    ids: &[InvitationId],
) -> Result<HashMap<InvitationId, Invitation>, DatabaseError> {
    let mut found = invitations::find_all(c, organization, ids).await?;
    if !found.is_empty() {
        let addresses: Vec<&str> = found.iter().map(|found| found.address.canonical()).collect();
        let unwanted: HashSet<String> = opt_out::among(c, organization, &addresses)
            .await?
            .into_iter()
            .collect();
        found.retain(|found| !unwanted.contains(found.address.canonical()));
    }
    Ok(found.into_iter().map(|found| (found.id, found)).collect())
}

/// The mail of this generation of an invitation, or `None` when it is no longer wanted: cancelled, declined, accepted,
/// expired, replaced, never asked for, to somebody who wants none, or the organization is closed. A suspended organization's mail waits.
///
/// # Errors
/// The database's, the organization service's, and [`Error::OrganizationNotActive`] while the organization is suspended.
pub(crate) async fn get_mail(
    context: &Context,
    name: InvitationName,
    generation: i32,
) -> Result<Option<Mail>, Error> {
    let look = Look {
        database: context.database.clone(),
        invitation: name.invitation,
    };
    let found = match context.mails.ask(name.organization, look).await {
        Some(Some(found)) => found,
        Some(None) | None => {
            let find = async |c: &mut _| wanted_all(c, name.organization, &[name.invitation]).await;
            let found: HashMap<_, _> = context.database.read(find).await?;
            found.into_values().next()
        }
    };
    let now = context.clock.now();
    // Whether it is due was decided by the process that asked for it: by this one's clock it may not be yet.
    let is_wanted = |invitation: &Invitation| {
        invitation.generation == generation
            && invitation.is_live(now)
            && invitation.delivery != DeliveryState::Scheduled
    };
    let Some(invitation) = found.filter(is_wanted) else {
        return Ok(None);
    };
    let query = ContextQuery::groups(&invitation.groups);
    let inviting = match context.organization.context_of(name.organization, &query).await {
        Ok(inviting) => inviting,
        Err(Error::Failure(Failure::NotFound)) => return Ok(None),
        Err(error) => return Err(error),
    };
    match &inviting.status {
        OrganizationStatus::Active => {}
        OrganizationStatus::Suspended => {
            return Err(Error::OrganizationNotActive {
                state: "SUSPENDED".to_owned(),
            });
        }
        OrganizationStatus::Other(_) => return Ok(None),
    }
    let link = Link {
        organization: name.organization,
        invitation: name.invitation,
        generation,
    };
    Ok(Some(Mail {
        link: context.links.url(link),
        invitation,
        inviting,
    }))
}

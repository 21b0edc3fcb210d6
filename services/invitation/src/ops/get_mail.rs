//! What the mail worker asks just before it sends.

use muster_ids::InvitationName;

use crate::domain::context::{Context, Standing};
use crate::domain::invitation::{DeliveryState, Invitation};
use crate::domain::link::Link;
use crate::error::Error;
use crate::organization::Named;
use crate::parts::Parts;
use crate::store::invitations;

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) invitation: Invitation,
    pub(crate) context: Context,
    pub(crate) link: String,
}

/// The mail of this generation of an invitation, or `None` when it is no longer wanted: cancelled, declined, accepted,
/// expired, replaced, never asked for, or the organization is closed. A suspended organization's mail waits.
///
/// # Errors
/// The database's, the organization service's, and [`Error::Contended`] (try later) while the organization is suspended.
pub(crate) async fn get_mail(
    parts: &Parts,
    name: InvitationName,
    generation: i32,
) -> Result<Option<Mail>, Error> {
    let found = parts
        .database
        .read_boxed(move |c| Box::pin(invitations::find(c, name.organization, name.invitation)))
        .await?;
    let now = parts.clock.now();
    // Whether it is due was decided by the process that asked for it: by this one's clock it may not be yet.
    let is_wanted = |invitation: &Invitation| {
        invitation.generation == generation
            && invitation.is_live(now)
            && invitation.delivery != DeliveryState::Scheduled
    };
    let Some(invitation) = found.filter(is_wanted) else {
        return Ok(None);
    };
    let named = Named::groups(&invitation.groups);
    let context = match parts.organization.context_of(name.organization, &named).await {
        Ok(context) => context,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    match &context.standing {
        Standing::Active => {}
        Standing::Suspended => return Err(Error::Contended),
        Standing::Other(_) => return Ok(None),
    }
    let link = Link {
        organization: name.organization,
        invitation: name.invitation,
        generation,
    };
    Ok(Some(Mail {
        link: parts.links.url(link),
        invitation,
        context,
    }))
}

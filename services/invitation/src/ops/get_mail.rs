//! What the mail worker asks just before it sends.

use muster_ids::InvitationName;
use muster_server::Failure;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::invitation::{DeliveryState, HeldBack, Invitation, TOO_LATE};
use crate::domain::inviting::InvitingContext;
use crate::domain::link::Link;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::invitation::due;

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) invitation: Invitation,
    pub(crate) inviting: InvitingContext,
    pub(crate) link: String,
}

/// The mail of this generation of an invitation, or `None` when it is no longer wanted: cancelled, declined, accepted,
/// expired, replaced, never asked for, to somebody who wants none, or the organization is closed. A suspended organization's mail waits; when it
/// has waited for more than 24 hours and the mail server was never asked, it is held back: whoever wanted it then may not want it any more.
/// So is a mail that invites to nothing but groups that take no learners any more.
///
/// # Errors
/// The database's, the organization service's, [`Error::OrganizationNotActive`] while the organization is suspended, and
/// [`Failure::Contended`] when what is to be held back changes at this moment.
pub(crate) async fn get_mail(
    context: &Context,
    name: InvitationName,
    generation: i32,
) -> Result<Option<Mail>, Error> {
    let found = context.mails.find(&context.database, name).await?;
    let now = context.clock.now();
    let Some(invitation) = found.filter(|found| found.is_wanted(generation, now)) else {
        return Ok(None);
    };
    let query = ContextQuery::groups(&invitation.groups);
    let asking = context.organization.context_of_mail(name.organization, &query);
    let Some(inviting) = asking.await? else {
        return Ok(None);
    };
    if let Some(why) = held_back(&invitation, &inviting, now) {
        let (mail, before) = (invitation.mail_request(), invitation.delivery);
        let hold = async |tx: &mut _| due::mark_held(tx, &mail, before, why).await;
        if context.database.write(hold).await? {
            return Ok(None);
        }
        // Somebody sends it again, adds a group, takes it back: asked again, the worker hears what holds then.
        return Err(Failure::Contended.into());
    }
    // The last thing: whoever takes it back from now on is told that it may be on its way, and whoever has done so before is heard.
    if !context
        .mails
        .hand_over(&context.database, &invitation, generation, now)
        .await?
    {
        return Ok(None);
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

/// Why the mail is not to go out before somebody says so, if it is not.
fn held_back(invitation: &Invitation, inviting: &InvitingContext, now: OffsetDateTime) -> Option<HeldBack> {
    // What a mail server has put off is not late by us.
    let is_late = invitation.delivery == DeliveryState::Queued && now > invitation.send_time + TOO_LATE;
    if inviting.active_among(&invitation.groups).is_empty() {
        Some(HeldBack::GroupsInactive)
    } else if is_late {
        Some(HeldBack::TooLate)
    } else {
        None
    }
}

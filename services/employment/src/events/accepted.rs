//! `invitation.accepted`: the person is employed, verified if the inviter could vouch for them.

use std::collections::BTreeSet;

use muster_ids::{GroupId, GroupName, InvitationName, LocationName, OrganizationId, PersonName};
use muster_messaging::{HandlingError, Received};
use muster_proto::invitation::v1::{InvitationAcceptedEvent, InvitationSource};

use super::{field, within};
use crate::domain::{Hiring, Invited, Source};
use crate::peers::Peers;

/// What the acceptance says, with the inviter's role as it is now and the name from the invitee's own token.
pub(super) async fn hiring(peers: &Peers, event: &Received) -> Result<Hiring, HandlingError> {
    let message: InvitationAcceptedEvent = event.decode()?;
    let invitation: InvitationName = field("invitation", &message.invitation)?;
    let organization = within(event.organization, invitation.organization)?;
    let PersonName { person } = field("person", &message.person)?;
    let PersonName { person: inviter } = field("inviter", &message.inviter)?;
    let source = source(message.source())?;
    let groups = groups(organization, &message.groups)?;
    let location = match message.location.as_str() {
        "" => None,
        text => {
            let name: LocationName = field("location", text)?;
            within(organization, name.organization)?;
            Some(name.location)
        }
    };
    let acceptance = peers.acceptance(invitation).await?;
    if acceptance.person != person {
        return Err(HandlingError::Permanent(
            "the invitation was accepted by somebody else".to_owned(),
        ));
    }
    let inviter_role = peers.role(organization, inviter).await?;
    Ok(Hiring {
        organization,
        person,
        person_display_name: acceptance.display_name,
        standing: Invited {
            source,
            inviter,
            inviter_role,
            invitee: person,
        }
        .standing(),
        groups,
        location,
        invitation: Some(invitation.invitation),
    })
}

fn groups(organization: OrganizationId, names: &[String]) -> Result<BTreeSet<GroupId>, HandlingError> {
    names
        .iter()
        .map(|text| {
            let name: GroupName = field("groups", text)?;
            within(organization, name.organization).map(|_| name.group)
        })
        .collect()
}

fn source(source: InvitationSource) -> Result<Source, HandlingError> {
    match source {
        InvitationSource::Manual => Ok(Source::Manual),
        InvitationSource::Import => Ok(Source::Import),
        InvitationSource::JoinPage => Ok(Source::JoinPage),
        InvitationSource::Unspecified => Err(HandlingError::Permanent("source is not said".to_owned())),
    }
}

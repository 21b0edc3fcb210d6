//! `invitation.accepted`: the person is employed, verified if the inviter could vouch for them.

use std::collections::BTreeSet;

use muster_ids::{GroupId, GroupName, InvitationName, LocationId, LocationName, OrganizationId, PersonName};
use muster_messaging::{HandlingError, Received};
use muster_proto::invitation::v1 as pb;

use super::{field, within};
use crate::context::Context;
use crate::domain::{Acceptance, Hiring, InvitationSource};
use crate::ops::employment::employ_invitee;

pub(super) async fn prepare(context: &Context, event: &Received) -> Result<Hiring, HandlingError> {
    let acceptance = acceptance(event.organization, &event.decode()?)?;
    Ok(employ_invitee::prepare(context, acceptance).await?)
}

fn acceptance(
    own: OrganizationId,
    message: &pb::InvitationAcceptedEvent,
) -> Result<Acceptance, HandlingError> {
    let invitation: InvitationName = field("invitation", &message.invitation)?;
    let organization = within(own, invitation.organization)?;
    let PersonName { person: invitee } = field("person", &message.person)?;
    let PersonName { person: inviter } = field("inviter", &message.inviter)?;
    Ok(Acceptance {
        organization,
        invitation: invitation.invitation,
        source: source(message.source())?,
        inviter,
        invitee,
        groups: groups(organization, &message.groups)?,
        location: location(organization, &message.location)?,
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

fn location(organization: OrganizationId, name: &str) -> Result<Option<LocationId>, HandlingError> {
    if name.is_empty() {
        return Ok(None);
    }
    let name: LocationName = field("location", name)?;
    within(organization, name.organization).map(|_| Some(name.location))
}

fn source(source: pb::InvitationSource) -> Result<InvitationSource, HandlingError> {
    match source {
        pb::InvitationSource::Manual => Ok(InvitationSource::Manual),
        pb::InvitationSource::Import => Ok(InvitationSource::Import),
        pb::InvitationSource::JoinPage => Ok(InvitationSource::JoinPage),
        pb::InvitationSource::Unspecified => Err(HandlingError::Permanent("source is not said".to_owned())),
    }
}

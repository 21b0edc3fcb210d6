//! `invitation.accepted`: the person is employed, verified if the inviter could vouch for them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use muster_ids::{GroupId, GroupName, InvitationName, LocationId, LocationName, PersonName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::invitation::v1 as pb;
use muster_server::convert::from_timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::{Context, SELF};
use crate::domain::{Acceptance, Hiring, InvitationSource};
use crate::error::Error;
use crate::ops::employment::{employ, employ_invitee};

/// Handles `invitation.accepted`.
#[derive(Debug, Clone)]
pub(crate) struct InvitationAccepted(pub(crate) Context);

#[async_trait]
impl Handler for InvitationAccepted {
    type Event = pb::InvitationAcceptedEvent;
    type Prepared = Hiring;

    async fn prepare(
        &self,
        event: &Received,
        message: pb::InvitationAcceptedEvent,
    ) -> Result<Hiring, HandlingError> {
        let acceptance = acceptance(event, &message)?;
        Ok(employ_invitee::prepare(&self.0, acceptance).await?)
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Received, hiring: Hiring) -> Result<(), HandlingError> {
        match employ::apply(tx, &self.0, &hiring, SELF).await {
            // Nothing was written: the organization was closed meanwhile.
            Ok(_) | Err(Error::OrganizationClosed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn acceptance(event: &Received, message: &pb::InvitationAcceptedEvent) -> Result<Acceptance, HandlingError> {
    let invitation: InvitationName = event.field("invitation", &message.invitation)?;
    let organization = event.within(invitation.organization)?;
    let PersonName { person: invitee } = event.field("person", &message.person)?;
    let PersonName { person: inviter } = event.field("inviter", &message.inviter)?;
    Ok(Acceptance {
        organization,
        invitation: invitation.invitation,
        source: source(message.source())?,
        inviter,
        invitee,
        groups: groups(event, &message.groups)?,
        location: location(event, &message.location)?,
        vouch_time: vouch_time(event, message)?,
        time: event.time,
    })
}

/// A release that does not say it took every acceptance as vouched for now.
fn vouch_time(
    event: &Received,
    message: &pb::InvitationAcceptedEvent,
) -> Result<OffsetDateTime, HandlingError> {
    let Some(said) = message.vouch_time else {
        return Ok(event.time);
    };
    from_timestamp(said).map_err(|_| HandlingError::Permanent("vouch_time is no time".to_owned()))
}

fn groups(event: &Received, names: &[String]) -> Result<BTreeSet<GroupId>, HandlingError> {
    names
        .iter()
        .map(|text| {
            let name: GroupName = event.field("groups", text)?;
            event.within(name.organization).map(|_| name.group)
        })
        .collect()
}

fn location(event: &Received, name: &str) -> Result<Option<LocationId>, HandlingError> {
    if name.is_empty() {
        return Ok(None);
    }
    let name: LocationName = event.field("location", name)?;
    event.within(name.organization).map(|_| Some(name.location))
}

fn source(source: pb::InvitationSource) -> Result<InvitationSource, HandlingError> {
    let said = source.try_into();
    said.map_err(|_| HandlingError::Permanent("source is not said".to_owned()))
}

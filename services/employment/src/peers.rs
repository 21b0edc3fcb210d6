//! What other services are asked before an employment begins: organization for roles, directors and sites, invitation for the
//! name of who accepted.

use muster_identity::Role;
use muster_ids::{
    InvitationName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId, PersonName,
};
use muster_proto::invitation::v1 as invitation_pb;
use muster_proto::invitation::v1::acceptance_internal_service_client::AcceptanceInternalServiceClient;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_server::{Failure, Peer};
use tonic::{Code, Status};

use crate::domain::{Site, SiteStage};
use crate::error::Error;

/// The services that are asked. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    pub(crate) organization: Peer,
    pub(crate) invitation: Peer,
}

/// A person, and the name that their own token gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonProfile {
    pub(crate) person: PersonId,
    /// May be empty.
    pub(crate) display_name: String,
}

impl Peers {
    /// The person's role in the organization, now.
    pub(crate) async fn role(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<Role>, Error> {
        let request = organization_pb::GetRoleRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = RolesInternalServiceClient::new(self.organization.clone());
        let answer = client.get_role(request).await.map_err(failed)?;
        match answer.into_inner().role() {
            organization_pb::Role::Unspecified => Ok(None),
            organization_pb::Role::Viewer => Ok(Some(Role::Viewer)),
            organization_pb::Role::Admin => Ok(Some(Role::Admin)),
            organization_pb::Role::Owner => Ok(Some(Role::Owner)),
        }
    }

    /// Who directs the organization, now.
    pub(crate) async fn director(&self, organization: OrganizationId) -> Result<PersonProfile, Error> {
        let request = organization_pb::GetDirectorRequest {
            organization: OrganizationName { organization }.to_string(),
        };
        let mut client = DirectorInternalServiceClient::new(self.organization.clone());
        let answer = client.get_director(request).await.map_err(failed)?;
        let director = answer.into_inner();
        profile(&director.person, director.display_name)
    }

    /// Who owns the organization; `None` before it is approved.
    pub(crate) async fn owner(&self, organization: OrganizationId) -> Result<Option<PersonId>, Error> {
        match self.director(organization).await {
            Ok(director) => Ok(Some(director.person)),
            Err(Error::Failure(Failure::Peer(status))) if status.code() == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The organization as a place of work, with whether it has the location; `None` when there is no such organization.
    pub(crate) async fn site(
        &self,
        organization: OrganizationId,
        location: Option<LocationId>,
    ) -> Result<Option<Site>, Error> {
        let location = location.map(|location| {
            LocationName {
                organization,
                location,
            }
            .to_string()
        });
        let request = organization_pb::GetInvitingContextRequest {
            organization: OrganizationName { organization }.to_string(),
            groups: Vec::new(),
            locations: location.clone().into_iter().collect(),
        };
        let mut client = InvitingInternalServiceClient::new(self.organization.clone());
        match client.get_inviting_context(request).await {
            Ok(answer) => Ok(Some(site(&answer.into_inner(), location.as_deref()))),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(failed(status)),
        }
    }

    /// Who accepted the invitation.
    pub(crate) async fn acceptance(&self, invitation: InvitationName) -> Result<PersonProfile, Error> {
        let request = invitation_pb::GetAcceptanceRequest {
            invitation: invitation.to_string(),
        };
        let mut client = AcceptanceInternalServiceClient::new(self.invitation.clone());
        let answer = client.get_acceptance(request).await.map_err(failed)?;
        let acceptance = answer.into_inner();
        profile(&acceptance.person, acceptance.display_name)
    }
}

fn failed(status: Status) -> Error {
    Failure::Peer(Box::new(status)).into()
}

fn site(context: &organization_pb::GetInvitingContextResponse, location: Option<&str>) -> Site {
    use organization_pb::OrganizationState as State;
    let stage = match context.state() {
        State::Draft | State::Submitted | State::Returned => SiteStage::Before,
        State::Active => SiteStage::Active,
        State::Rejected | State::Suspended | State::Closed | State::Unspecified => SiteStage::After,
    };
    let has = |location| context.locations.iter().any(|known| known.name == location);
    Site {
        stage,
        has_location: location.is_none_or(has),
    }
}

fn profile(person: &str, display_name: String) -> Result<PersonProfile, Error> {
    let name: PersonName = person
        .parse()
        .map_err(|_| Error::Contradiction("a peer named nobody"))?;
    Ok(PersonProfile {
        person: name.person,
        display_name,
    })
}

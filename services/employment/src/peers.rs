//! What other services are asked before an employment begins: organization for roles and directors, invitation for the
//! name of who accepted.

use muster_identity::Role;
use muster_ids::{InvitationName, OrganizationId, OrganizationName, PersonId, PersonName};
use muster_messaging::HandlingError;
use muster_proto::invitation::v1::GetAcceptanceRequest;
use muster_proto::invitation::v1::acceptance_internal_service_client::AcceptanceInternalServiceClient;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_proto::organization::v1::{self as organization, GetDirectorRequest, GetRoleRequest};
use muster_server::{Peer, failure};

/// The services that are asked. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    pub(crate) organization: Peer,
    pub(crate) invitation: Peer,
}

/// A person, and the name that their own token gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Who.
    pub(crate) person: PersonId,
    /// Their name; may be empty.
    pub(crate) display_name: String,
}

impl Peers {
    /// The person's role in the organization, now.
    pub(crate) async fn role(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<Role>, HandlingError> {
        let request = GetRoleRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = RolesInternalServiceClient::new(self.organization.clone());
        let role = client
            .get_role(request)
            .await
            .map_err(|status| failure::of_peer_for_event("the role", &status))?;
        match role.into_inner().role() {
            organization::Role::Unspecified => Ok(None),
            organization::Role::Viewer => Ok(Some(Role::Viewer)),
            organization::Role::Admin => Ok(Some(Role::Admin)),
            organization::Role::Owner => Ok(Some(Role::Owner)),
        }
    }

    /// Who directs the organization, now.
    pub(crate) async fn director(&self, organization: OrganizationId) -> Result<Named, HandlingError> {
        let request = GetDirectorRequest {
            organization: OrganizationName { organization }.to_string(),
        };
        let mut client = DirectorInternalServiceClient::new(self.organization.clone());
        let director = client
            .get_director(request)
            .await
            .map_err(|status| failure::of_peer_for_event("the director", &status))?;
        let director = director.into_inner();
        named(&director.person, director.display_name)
    }

    /// Who accepted the invitation.
    pub(crate) async fn acceptance(&self, invitation: InvitationName) -> Result<Named, HandlingError> {
        let request = GetAcceptanceRequest {
            invitation: invitation.to_string(),
        };
        let mut client = AcceptanceInternalServiceClient::new(self.invitation.clone());
        let acceptance = client
            .get_acceptance(request)
            .await
            .map_err(|status| failure::of_peer_for_event("the acceptance", &status))?;
        let acceptance = acceptance.into_inner();
        named(&acceptance.person, acceptance.display_name)
    }
}

fn named(person: &str, display_name: String) -> Result<Named, HandlingError> {
    let name: PersonName = person
        .parse()
        .map_err(|_| HandlingError::Permanent("a peer named nobody".to_owned()))?;
    Ok(Named {
        person: name.person,
        display_name,
    })
}

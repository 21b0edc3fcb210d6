//! What other services are asked: organization for roles, directors, sites, administrators and where their mail goes, invitation
//! for the name of who accepted.

use std::collections::BTreeSet;

use muster_identity::Role;
use muster_ids::{
    GroupName, InvitationName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId,
    PersonName,
};
use muster_language::Language;
use muster_proto::invitation::v1 as invitation_pb;
use muster_proto::invitation::v1::acceptance_internal_service_client::AcceptanceInternalServiceClient;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_server::convert::{from_role, from_timestamp};
use muster_server::{Failure, Peer};
use tonic::{Code, Status};

use crate::domain::{Acceptance, InvitationSource, Places, Site, SiteStage};
use crate::error::Error;

muster_proto::same_values! {
    InvitationSource = invitation_pb::InvitationSource { Manual, Import, JoinPage }
}

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

/// Where mail for a profile user goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    /// What they may do now.
    pub(crate) role: Option<Role>,
    /// As it was verified; empty when it is not known.
    pub(crate) address: String,
    pub(crate) organization_status: OrganizationStatus,
    pub(crate) organization_display_name: String,
    /// In which the organization's people are written to.
    pub(crate) language: Language,
}

/// Whether mail of an organization is sent, waits, or is no longer wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrganizationStatus {
    Active,
    Suspended,
    /// Not approved yet, or closed.
    Other,
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
        Ok(from_role(answer.into_inner().role()))
    }

    /// Who can verify this person's claim at the organization, now: who may administer it, and is somebody else.
    pub(crate) async fn verifiers(
        &self,
        organization: OrganizationId,
        claimant: PersonId,
    ) -> Result<BTreeSet<PersonId>, Error> {
        let request = organization_pb::ListProfileUserRolesRequest {
            organization: OrganizationName { organization }.to_string(),
        };
        let mut client = ProfileUserInternalServiceClient::new(self.organization.clone());
        let answer = client.list_profile_user_roles(request).await.map_err(failed)?;
        let users = answer.into_inner().profile_users.into_iter();
        users
            .filter(|user| from_role(user.role()) >= Some(Role::Admin))
            .map(|user| person(&user.person))
            .filter(|user| !matches!(user, Ok(user) if *user == claimant))
            .collect()
    }

    /// Who has access to the organization by their employment, whether it counts or sleeps.
    pub(crate) async fn employed_profile_users(
        &self,
        organization: OrganizationId,
    ) -> Result<BTreeSet<PersonId>, Error> {
        let request = organization_pb::ListEmployedProfileUsersRequest {
            organization: OrganizationName { organization }.to_string(),
        };
        let mut client = ProfileUserInternalServiceClient::new(self.organization.clone());
        let answer = client.list_employed_profile_users(request).await;
        let persons = answer.map_err(failed)?.into_inner().persons;
        persons.iter().map(|name| person(name)).collect()
    }

    /// Where mail for a profile user goes; `None` for who is none.
    pub(crate) async fn contact(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<Contact>, Error> {
        let request = organization_pb::GetProfileUserContactRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = ProfileUserInternalServiceClient::new(self.organization.clone());
        match client.get_profile_user_contact(request).await {
            Ok(answer) => Ok(Some(contact(answer.into_inner()))),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(failed(status)),
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

    /// What the person accepted last at the organization and has not left since, with their name; groups and location are not
    /// told. `None` when there is none.
    pub(crate) async fn latest_acceptance(
        &self,
        organization: OrganizationId,
        invitee: PersonId,
    ) -> Result<Option<(Acceptance, String)>, Error> {
        let request = invitation_pb::FindAcceptanceRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person: invitee }.to_string(),
        };
        let mut client = AcceptanceInternalServiceClient::new(self.invitation.clone());
        let found = client
            .find_acceptance(request)
            .await
            .map_err(failed)?
            .into_inner();
        if found.invitation.is_empty() {
            return Ok(None);
        }
        let unreadable = || Error::Contradiction("a peer told of no acceptance");
        let name: InvitationName = found.invitation.parse().map_err(|_| unreadable())?;
        let time = found
            .accept_time
            .and_then(|time| from_timestamp(time).ok())
            .ok_or_else(unreadable)?;
        let vouched = found.vouch_time.and_then(|time| from_timestamp(time).ok());
        let acceptance = Acceptance {
            organization,
            invitation: name.invitation,
            source: found.source().try_into().map_err(|_| unreadable())?,
            inviter: person(&found.inviter)?,
            invitee,
            groups: BTreeSet::new(),
            location: None,
            // Of a release that does not say it.
            vouch_time: vouched.unwrap_or(time),
            time,
        };
        Ok(Some((acceptance, found.display_name)))
    }

    /// Which of these groups and of these locations the organization has; none of an organization that there is not.
    pub(crate) async fn places(
        &self,
        organization: OrganizationId,
        groups: &[GroupName],
        location: Option<LocationName>,
    ) -> Result<Places, Error> {
        let request = organization_pb::GetInvitingContextRequest {
            organization: OrganizationName { organization }.to_string(),
            groups: groups.iter().map(ToString::to_string).collect(),
            locations: location.iter().map(ToString::to_string).collect(),
        };
        let mut client = InvitingInternalServiceClient::new(self.organization.clone());
        let answer = match client.get_inviting_context(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(Places::default()),
            Err(status) => return Err(failed(status)),
        };
        let unreadable = || Error::Contradiction("a peer named no place");
        let mut places = Places::default();
        for group in &answer.groups {
            let name: GroupName = group.name.parse().map_err(|_| unreadable())?;
            let is_active = group.state() == organization_pb::GroupState::Active;
            places.groups.insert(name.group, is_active);
        }
        for location in &answer.locations {
            let name: LocationName = location.name.parse().map_err(|_| unreadable())?;
            // A version that tells no state has only active ones.
            let is_active = location.state() != organization_pb::LocationState::Inactive;
            places.locations.insert(name.location, is_active);
        }
        Ok(places)
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
    // A version that tells no state has only active ones.
    let is_inactive = |known: &organization_pb::Location| {
        Some(known.name.as_str()) == location && known.state() == organization_pb::LocationState::Inactive
    };
    Site {
        authority: context.licensing_authority.clone(),
        stage,
        has_location: location.is_none_or(has),
        is_location_active: !context.locations.iter().any(is_inactive),
    }
}

fn profile(name: &str, display_name: String) -> Result<PersonProfile, Error> {
    Ok(PersonProfile {
        person: person(name)?,
        display_name,
    })
}

fn person(name: &str) -> Result<PersonId, Error> {
    let name: Result<PersonName, _> = name.parse();
    name.map(|name| name.person)
        .map_err(|_| Error::Contradiction("a peer named nobody"))
}

fn contact(answer: organization_pb::GetProfileUserContactResponse) -> Contact {
    Contact {
        role: from_role(answer.role()),
        organization_status: match answer.organization_state() {
            organization_pb::OrganizationState::Active => OrganizationStatus::Active,
            organization_pb::OrganizationState::Suspended => OrganizationStatus::Suspended,
            _ => OrganizationStatus::Other,
        },
        address: answer.address,
        organization_display_name: answer.organization_display_name,
        language: Language::of_tag(&answer.language).unwrap_or_default(),
    }
}

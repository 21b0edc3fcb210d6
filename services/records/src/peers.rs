//! What other services are asked: organization for the trainings of groups and for names, employment for a state that no event
//! has told of yet, and for who people are.

use muster_ids::{
    EmploymentName, GrantName, GroupId, GroupName, LocationName, NameProblem, OrganizationId,
    OrganizationName, PersonId, PersonName, TrainingId, TrainingName,
};
use muster_proto::employment::v1 as employment_pb;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tonic::{Code, Status};

use crate::domain::{
    ClaimedConsent, Employee, Employees, EmploymentProjection, EmploymentState, OrganizationTold, Placement,
    Requirement, ToldEmployment,
};
use crate::error::Error;

muster_proto::same_values! {
    EmploymentState = employment_pb::EmploymentState { PendingVerification, Verified, Rejected, Withdrawn, Ended }
}

/// The most groups that may be asked for in one call: each may have a hundred trainings.
const MAX_GROUPS: usize = 50;

/// The services that are asked. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Peers {
    pub(crate) organization: Peer,
    pub(crate) employment: Peer,
}

/// What has to be known before a training is assigned by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assigning {
    /// Whether the catalog of the organization has the training.
    pub(crate) has_training: bool,
    /// Whether it holds it inactive, so that it is assigned to nobody anew.
    pub(crate) is_training_inactive: bool,
    /// Whether the group that was asked about is one of the organization.
    pub(crate) has_group: bool,
    /// Who licenses the organization, such as `us-mi`.
    pub(crate) authority: String,
    /// Where the organization stands, when what belongs to it changes no more.
    pub(crate) is_over: Option<&'static str>,
}

impl Peers {
    /// What those of the groups require that there are, in the order of their ids.
    pub(crate) async fn requirements(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<Requirement>, Error> {
        let mut requirements = Vec::new();
        for groups in groups.chunks(MAX_GROUPS) {
            let names = groups
                .iter()
                .map(|&group| GroupName { organization, group }.to_string());
            let request = organization_pb::BatchGetGroupsRequest {
                organization: OrganizationName { organization }.to_string(),
                names: names.collect(),
            };
            let mut client = GroupInternalServiceClient::new(self.organization.clone());
            let answered = client.batch_get_groups(request).await.map_err(Error::of_peer)?;
            let organization_pb::BatchGetGroupsResponse { groups, sequences } = answered.into_inner();
            // A version that tells no sequences goes behind whatever is known.
            let sequences = sequences.into_iter().chain(std::iter::repeat(0));
            for (group, sequence) in groups.iter().zip(sequences) {
                let is_active = group.state() == organization_pb::GroupState::Active;
                let GroupName { group: id, .. } = group.name.parse().map_err(unreadable)?;
                requirements.push(Requirement {
                    group: id,
                    is_active,
                    trainings: trainings(&group.trainings).map_err(unreadable)?,
                    inactive: trainings(&group.inactive_trainings).map_err(unreadable)?,
                    sequence,
                });
            }
        }
        requirements.sort_by_key(|requirement| requirement.group);
        Ok(requirements)
    }

    /// What has to be known before a training is assigned by hand; `None` when there is no such organization.
    pub(crate) async fn assigning(
        &self,
        organization: OrganizationId,
        training: TrainingId,
        group: Option<GroupId>,
    ) -> Result<Option<Assigning>, Error> {
        let request = organization_pb::GetAssigningContextRequest {
            organization: OrganizationName { organization }.to_string(),
            training: TrainingName { training }.to_string(),
            group: group
                .map(|group| GroupName { organization, group }.to_string())
                .unwrap_or_default(),
        };
        let mut client = GroupInternalServiceClient::new(self.organization.clone());
        match client.get_assigning_context(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                Ok(Some(Assigning {
                    is_over: is_over(answer.state()),
                    has_training: answer.has_training,
                    is_training_inactive: answer.is_training_inactive,
                    has_group: answer.has_group,
                    authority: answer.licensing_authority,
                }))
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(Error::of_peer(status)),
        }
    }

    /// The latest employment of the person at the organization; `None` when there never was one.
    pub(crate) async fn employment(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<ToldEmployment>, Error> {
        let answer = self.ask_employment(organization, person).await?;
        let Ok(state) = answer.state().try_into() else {
            return Ok(None);
        };
        let EmploymentName { employment, .. } = answer.employment.parse().map_err(unreadable)?;
        let create_time = answer.create_time.map(from_timestamp).transpose();
        Ok(Some(ToldEmployment {
            projection: EmploymentProjection {
                employment,
                state,
                sequence: answer.sequence,
            },
            create_time: create_time.map_err(|_| no_time())?,
            placement: answer.placement.as_ref().map(placement).transpose()?,
            consent: answer.consent.map(|told| consent(person, told)).transpose()?,
        }))
    }

    /// What the person is called in their latest employment at the organization, also once it has ended; empty when nobody said.
    pub(crate) async fn called(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<String, Error> {
        Ok(self
            .ask_employment(organization, person)
            .await?
            .person_display_name)
    }

    async fn ask_employment(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<employment_pb::GetEmploymentStateResponse, Error> {
        let request = employment_pb::GetEmploymentStateRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = EmploymentInternalServiceClient::new(self.employment.clone());
        let answer = client.get_employment_state(request).await;
        Ok(answer.map_err(Error::of_peer)?.into_inner())
    }

    /// The organization to which the person gave this consent with their claim; `None` when no claim carries it.
    pub(crate) async fn claimed_consent(&self, grant: GrantName) -> Result<Option<OrganizationId>, Error> {
        let request = employment_pb::FindClaimedConsentRequest {
            grant: grant.to_string(),
        };
        let mut client = EmploymentInternalServiceClient::new(self.employment.clone());
        let answer = client
            .find_claimed_consent(request)
            .await
            .map_err(Error::of_peer)?;
        match answer.into_inner().organization.as_str() {
            "" => Ok(None),
            text => {
                let OrganizationName { organization } = text.parse().map_err(unreadable)?;
                Ok(Some(organization))
            }
        }
    }

    /// Who those of the persons are that have an open employment at the organization. At most a thousand at once.
    pub(crate) async fn employees(
        &self,
        organization: OrganizationId,
        persons: &[PersonId],
    ) -> Result<Employees, Error> {
        if persons.is_empty() {
            return Ok(Employees::new());
        }
        let names = persons.iter().map(|&person| PersonName { person }.to_string());
        let request = employment_pb::BatchGetEmployeesRequest {
            organization: OrganizationName { organization }.to_string(),
            persons: names.collect(),
        };
        let mut client = EmploymentInternalServiceClient::new(self.employment.clone());
        let answered = client
            .batch_get_employees(request)
            .await
            .map_err(Error::of_peer)?;
        let employees = answered.into_inner().employees.into_iter();
        employees.map(employee).collect()
    }

    /// What people are told of the organization; `None` when there is no such.
    pub(crate) async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<OrganizationTold>, Error> {
        let request = organization_pb::GetInvitingContextRequest {
            organization: OrganizationName { organization }.to_string(),
            ..Default::default()
        };
        let mut client = InvitingInternalServiceClient::new(self.organization.clone());
        match client.get_inviting_context(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                Ok(Some(OrganizationTold {
                    display_name: answer.display_name,
                    // A version that tells no zone says none.
                    time_zone: Some(answer.time_zone).filter(|zone| !zone.is_empty()),
                }))
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(Error::of_peer(status)),
        }
    }
}

fn is_over(state: organization_pb::OrganizationState) -> Option<&'static str> {
    use organization_pb::OrganizationState as State;
    match state {
        State::Rejected => Some("REJECTED"),
        State::Closed => Some("CLOSED"),
        State::Unspecified
        | State::Draft
        | State::Submitted
        | State::Active
        | State::Returned
        | State::Suspended => None,
    }
}

fn employee(told: employment_pb::Employee) -> Result<(PersonId, Employee), Error> {
    let PersonName { person } = told.person.parse().map_err(unreadable)?;
    let employee = Employee {
        display_name: told.person_display_name,
        start_date: told.start_date,
        position_titles: told.position_titles,
        placement: told.placement.as_ref().map(placement).transpose()?,
    };
    Ok((person, employee))
}

fn consent(person: PersonId, told: employment_pb::ClaimedConsent) -> Result<ClaimedConsent, Error> {
    let told = muster_messaging::ClaimedConsent::parse(person, told);
    let unreadable = |_| Error::of_peer(Status::invalid_argument("a peer sent what is no consent"));
    Ok(told.map_err(unreadable)?.into())
}

fn placement(told: &employment_pb::EmploymentPlacement) -> Result<Placement, Error> {
    let group = |text: &String| text.parse().map(|GroupName { group, .. }| group);
    let groups: Result<_, NameProblem> = told.groups.iter().map(group).collect();
    let location = match told.location.as_str() {
        "" => None,
        text => {
            let LocationName { location, .. } = text.parse().map_err(unreadable)?;
            Some(location)
        }
    };
    Ok(Placement {
        groups: groups.map_err(unreadable)?,
        location,
    })
}

/// The trainings of these names.
pub(crate) fn trainings(names: &[String]) -> Result<Vec<TrainingId>, NameProblem> {
    let training = |text: &String| text.parse().map(|TrainingName { training }| training);
    names.iter().map(training).collect()
}

fn no_time() -> Error {
    Error::of_peer(Status::invalid_argument("a peer sent what is no time"))
}

fn unreadable(_: NameProblem) -> Error {
    Error::of_peer(Status::invalid_argument("a peer sent what is no name"))
}

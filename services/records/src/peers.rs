//! What other services are asked: organization for the trainings of groups and for names, employment for a state that no event
//! has told of yet, and for who people are.

use std::collections::BTreeMap;

use muster_ids::{
    EmploymentName, GroupId, GroupName, NameProblem, OrganizationId, OrganizationName, PersonId, PersonName,
    TrainingId, TrainingName,
};
use muster_proto::employment::v1 as employment_pb;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tonic::{Code, Status};

use crate::domain::{Employee, Employees, EmploymentProjection, EmploymentState, ToldEmployment};
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

impl Peers {
    /// What those of the groups require that still take learners: each training with one group that requires it.
    pub(crate) async fn trainings_of(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<BTreeMap<TrainingId, GroupId>, Error> {
        let mut trainings = BTreeMap::new();
        for groups in groups.chunks(MAX_GROUPS) {
            for group in self.groups(organization, groups).await? {
                take_trainings(&mut trainings, &group)?;
            }
        }
        Ok(trainings)
    }

    async fn groups(
        &self,
        organization: OrganizationId,
        groups: &[GroupId],
    ) -> Result<Vec<organization_pb::Group>, Error> {
        let names = groups
            .iter()
            .map(|&group| GroupName { organization, group }.to_string());
        let request = organization_pb::BatchGetGroupsRequest {
            organization: OrganizationName { organization }.to_string(),
            names: names.collect(),
        };
        let mut client = GroupInternalServiceClient::new(self.organization.clone());
        let answered = client.batch_get_groups(request).await.map_err(Error::of_peer)?;
        Ok(answered.into_inner().groups)
    }

    /// The latest employment of the person at the organization; `None` when there never was one.
    pub(crate) async fn employment(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<ToldEmployment>, Error> {
        let request = employment_pb::GetEmploymentStateRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = EmploymentInternalServiceClient::new(self.employment.clone());
        let answer = client
            .get_employment_state(request)
            .await
            .map_err(Error::of_peer)?
            .into_inner();
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
        }))
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

    /// What people call the organization; `None` when there is no such.
    pub(crate) async fn organization_name(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<String>, Error> {
        let request = organization_pb::GetInvitingContextRequest {
            organization: OrganizationName { organization }.to_string(),
            ..Default::default()
        };
        let mut client = InvitingInternalServiceClient::new(self.organization.clone());
        match client.get_inviting_context(request).await {
            Ok(answer) => Ok(Some(answer.into_inner().display_name)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(Error::of_peer(status)),
        }
    }
}

fn employee(told: employment_pb::Employee) -> Result<(PersonId, Employee), Error> {
    let PersonName { person } = told.person.parse().map_err(unreadable)?;
    let employee = Employee {
        display_name: told.person_display_name,
        start_date: told.start_date,
        position_titles: told.position_titles,
    };
    Ok((person, employee))
}

fn take_trainings(
    trainings: &mut BTreeMap<TrainingId, GroupId>,
    group: &organization_pb::Group,
) -> Result<(), Error> {
    if group.state() != organization_pb::GroupState::Active {
        return Ok(());
    }
    let GroupName { group: id, .. } = group.name.parse().map_err(unreadable)?;
    for text in &group.trainings {
        let TrainingName { training } = text.parse().map_err(unreadable)?;
        trainings.entry(training).or_insert(id);
    }
    Ok(())
}

fn no_time() -> Error {
    Error::of_peer(Status::invalid_argument("a peer sent what is no time"))
}

fn unreadable(_: NameProblem) -> Error {
    Error::of_peer(Status::invalid_argument("a peer sent what is no name"))
}

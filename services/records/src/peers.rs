//! What other services are asked: organization for the trainings of groups, employment for a state that no event has
//! told of yet.

use std::collections::BTreeMap;

use muster_ids::{
    EmploymentName, GroupId, GroupName, OrganizationId, OrganizationName, PersonId, PersonName, TrainingId,
    TrainingName,
};
use muster_messaging::HandlingError;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::employment::v1::{self as employment, GetEmploymentStateRequest};
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::{BatchGetGroupsRequest, Group, GroupState};
use muster_server::{Peer, failure};
use tonic::Status;

use crate::domain::{EmploymentState, Standing};
use crate::error::Error;

/// The most groups that may be asked for in one call: each may have a hundred trainings.
const GROUPS_AT_ONCE: usize = 50;

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
    ) -> Result<BTreeMap<TrainingId, GroupId>, HandlingError> {
        let mut trainings = BTreeMap::new();
        for groups in groups.chunks(GROUPS_AT_ONCE) {
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
    ) -> Result<Vec<Group>, HandlingError> {
        let names = groups
            .iter()
            .map(|&group| GroupName { organization, group }.to_string());
        let request = BatchGetGroupsRequest {
            organization: OrganizationName { organization }.to_string(),
            names: names.collect(),
        };
        let mut client = GroupInternalServiceClient::new(self.organization.clone());
        let answered = client
            .batch_get_groups(request)
            .await
            .map_err(|status| failure::of_peer_for_event("the groups", &status))?;
        Ok(answered.into_inner().groups)
    }

    /// The latest employment of the person at the organization; `None` when there never was one.
    pub(crate) async fn standing(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<Standing>, Error> {
        let request = GetEmploymentStateRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let mut client = EmploymentInternalServiceClient::new(self.employment.clone());
        let answer = client
            .get_employment_state(request)
            .await
            .map_err(Error::of_peer)?
            .into_inner();
        let Some(state) = state(answer.state()) else {
            return Ok(None);
        };
        let unreadable = |_| Error::of_peer(Status::internal("the employment has no name"));
        let EmploymentName { employment, .. } = answer.employment.parse().map_err(unreadable)?;
        Ok(Some(Standing {
            employment,
            state,
            sequence: answer.sequence,
        }))
    }
}

fn take_trainings(trainings: &mut BTreeMap<TrainingId, GroupId>, group: &Group) -> Result<(), HandlingError> {
    if group.state() != GroupState::Active {
        return Ok(());
    }
    let unreadable = |_| HandlingError::Permanent("a peer sent what is no name".to_owned());
    let GroupName { group: id, .. } = group.name.parse().map_err(unreadable)?;
    for text in &group.trainings {
        let TrainingName { training } = text.parse().map_err(unreadable)?;
        trainings.entry(training).or_insert(id);
    }
    Ok(())
}

fn state(state: employment::EmploymentState) -> Option<EmploymentState> {
    match state {
        employment::EmploymentState::Unspecified => None,
        employment::EmploymentState::PendingVerification => Some(EmploymentState::PendingVerification),
        employment::EmploymentState::Verified => Some(EmploymentState::Verified),
        employment::EmploymentState::Rejected => Some(EmploymentState::Rejected),
        employment::EmploymentState::Withdrawn => Some(EmploymentState::Withdrawn),
        employment::EmploymentState::Ended => Some(EmploymentState::Ended),
    }
}

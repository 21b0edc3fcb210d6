//! Who is employed where. The employment service owns it; what is known here comes by its events.

use muster_ids::{
    EmploymentName, InvitationName, NameProblem, OrganizationId, OrganizationName, PersonId, PersonName,
};
use muster_messaging::EmploymentFacts;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::employment::v1::{CountPlacementsRequest, EmploymentState, GetEmploymentStateRequest};
use muster_server::{Failure, Peer};
use tonic::Status;

use crate::domain::Place;
use crate::error::Error;

/// Asks the employment service.
#[derive(Clone, Debug)]
pub(crate) struct Employments(EmploymentInternalServiceClient<Peer>);

impl Employments {
    pub(crate) fn new(employment: Peer) -> Self {
        Self(EmploymentInternalServiceClient::new(employment))
    }

    /// The latest employment of the person at the organization, as its events tell of it, but for groups and location; `None` when
    /// there never was one.
    pub(crate) async fn latest(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<EmploymentFacts>, Error> {
        let request = GetEmploymentStateRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        let answer = self.0.clone().get_employment_state(request).await;
        let told = answer.map_err(of_peer)?.into_inner();
        if told.state() == EmploymentState::Unspecified {
            return Ok(None);
        }
        let EmploymentName { employment, .. } = told.employment.parse().map_err(unreadable)?;
        let source_invitation = match told.source_invitation.as_str() {
            "" => None,
            text => {
                let InvitationName { invitation, .. } = text.parse().map_err(unreadable)?;
                Some(invitation)
            }
        };
        Ok(Some(EmploymentFacts {
            organization,
            employment,
            person,
            state: told.state(),
            groups: Vec::new(),
            location: None,
            source_invitation,
            create_time: None,
            was_verified: told.state() == EmploymentState::Verified,
            consent: None,
            sequence: told.sequence,
        }))
    }

    /// How many open employments there are in a group or at a location.
    pub(crate) async fn count(&self, place: Place) -> Result<i32, Error> {
        let organization = place.organization();
        let request = CountPlacementsRequest {
            organization: OrganizationName { organization }.to_string(),
            group: place.group().map(|name| name.to_string()).unwrap_or_default(),
            location: place.location().map(|name| name.to_string()).unwrap_or_default(),
        };
        let answer = self.0.clone().count_placements(request).await;
        Ok(answer.map_err(of_peer)?.into_inner().open_employments)
    }
}

fn of_peer(status: Status) -> Error {
    Failure::Peer(Box::new(status)).into()
}

fn unreadable(_: NameProblem) -> Error {
    of_peer(Status::invalid_argument("a peer sent what is no name"))
}

//! What other services decide by.

use muster_ids::{
    EmploymentName, GrantName, GroupId, GroupName, InvitationName, LocationId, LocationName, OrganizationId,
    OrganizationName, PersonName,
};
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_internal_service_server::EmploymentInternalService;
use muster_server::Call;
use muster_server::convert::timestamp;
use muster_server::names::named;
use time::Date;
use tonic::{Request, Response, Status};

use super::parse;
use crate::domain::Employment;
use crate::error::Error;
use crate::events::{consent, facts};
use crate::ops::employment::{latest, today};
use crate::rpc::Rpc;
use crate::store::employment;

/// How many employments are told of at a time.
const FACTS_PAGE_SIZE: i64 = 500;

#[tonic::async_trait]
impl EmploymentInternalService for Rpc {
    async fn get_employment_state(
        &self,
        request: Request<pb::GetEmploymentStateRequest>,
    ) -> Result<Response<pb::GetEmploymentStateResponse>, Status> {
        let (_, (organization, person)) = Call::read(request, parse::state_question)?;
        let latest = latest::find(&self.context, organization, person).await?;
        let source = |invitation| {
            InvitationName {
                organization,
                invitation,
            }
            .to_string()
        };
        let answer = latest.map(|latest| pb::GetEmploymentStateResponse {
            state: pb::EmploymentState::from(latest.state).into(),
            employment: EmploymentName {
                organization,
                employment: latest.id,
            }
            .to_string(),
            sequence: latest.version,
            create_time: Some(timestamp(latest.create_time)),
            placement: Some(placement(organization, latest.groups, latest.location)),
            source_invitation: latest.source_invitation.map(source).unwrap_or_default(),
            consent: latest.consent.as_ref().map(|given| consent(person, given)),
            person_display_name: latest.person_display_name,
        });
        Ok(Response::new(answer.unwrap_or_default()))
    }

    async fn batch_get_employees(
        &self,
        request: Request<pb::BatchGetEmployeesRequest>,
    ) -> Result<Response<pb::BatchGetEmployeesResponse>, Status> {
        let (_, (organization, persons)) = Call::read(request, parse::employees)?;
        let list = async |db: &mut _| employment::list_open(db, organization, &persons).await;
        let open = self.context.database.read(list).await.map_err(Error::from)?;
        // Nobody is asked where no day is needed.
        let today = if open.iter().any(|open| !open.positions.is_empty()) {
            Some(today::at(&self.context, organization).await?)
        } else {
            None
        };
        let employees = open.into_iter().map(|open| employee(open, today)).collect();
        Ok(Response::new(pb::BatchGetEmployeesResponse { employees }))
    }

    async fn find_claimed_consent(
        &self,
        request: Request<pb::FindClaimedConsentRequest>,
    ) -> Result<Response<pb::FindClaimedConsentResponse>, Status> {
        let (_, name): (_, GrantName) = Call::read(request, |call, violations| {
            Ok(named(violations, "grant", &call.message.grant))
        })?;
        let find = async |db: &mut _| employment::find_consent(db, name.person, name.grant).await;
        let found = self.context.database.read(find).await.map_err(Error::from)?;
        let organization = found.map(|organization| OrganizationName { organization }.to_string());
        Ok(Response::new(pb::FindClaimedConsentResponse {
            organization: organization.unwrap_or_default(),
        }))
    }

    async fn list_employment_facts(
        &self,
        request: Request<pb::ListEmploymentFactsRequest>,
    ) -> Result<Response<pb::ListEmploymentFactsResponse>, Status> {
        let (_, after) = Call::read(request, parse::facts_after)?;
        let list = async |db: &mut _| employment::list_of_all(db, after, FACTS_PAGE_SIZE).await;
        let page = self.context.database.read(list).await.map_err(Error::from)?;
        let known = |employment: Employment| pb::KnownEmployment {
            facts: Some(facts(&employment)),
            sequence: employment.version,
            person_display_name: employment.person_display_name,
        };
        let employments = page.into_iter().map(known).collect();
        Ok(Response::new(pb::ListEmploymentFactsResponse { employments }))
    }

    async fn count_placements(
        &self,
        request: Request<pb::CountPlacementsRequest>,
    ) -> Result<Response<pb::CountPlacementsResponse>, Status> {
        let (_, placed) = Call::read(request, parse::placements)?;
        let count = async |db: &mut _| {
            employment::count_placed(db, placed.organization, placed.group, placed.location).await
        };
        let count = self.context.database.read(count).await.map_err(Error::from)?;
        let open_employments = i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Response::new(pb::CountPlacementsResponse { open_employments }))
    }
}

/// Who somebody is to an organization; `today`: unless they have no positions.
fn employee(open: Employment, today: Option<Date>) -> pb::Employee {
    let placement = placement(open.organization, open.groups, open.location);
    let titles = open.positions.into_iter();
    let titles = titles.filter(|position| today.is_some_and(|today| position.is_held_on(today)));
    pb::Employee {
        person: PersonName { person: open.person }.to_string(),
        person_display_name: open.person_display_name,
        start_date: open.start.map(|start| start.to_string()).unwrap_or_default(),
        position_titles: titles.map(|position| position.title).collect(),
        placement: Some(placement),
    }
}

/// Where somebody is placed.
fn placement(
    organization: OrganizationId,
    groups: impl IntoIterator<Item = GroupId>,
    location: Option<LocationId>,
) -> pb::EmploymentPlacement {
    let groups = groups.into_iter();
    let location = location.map(|location| LocationName {
        organization,
        location,
    });
    pb::EmploymentPlacement {
        groups: groups
            .map(|group| GroupName { organization, group }.to_string())
            .collect(),
        location: location.map(|location| location.to_string()).unwrap_or_default(),
    }
}

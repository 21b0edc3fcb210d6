//! `LearnerService`: invitations and employments in one list.

use muster_ids::{GroupName, LocationName};
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::learner_service_server::LearnerService;
use muster_refusal::Violations;
use muster_server::names::{all_named, optional_named};
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use super::parse::filter;
use crate::convert::counted;
use crate::domain::learner::{Learner, LearnerFilter, LearnerOrder};
use crate::error::Error;
use crate::store::learner::{self, ListPosition};

#[tonic::async_trait]
impl LearnerService for Rpc {
    async fn list_learners(
        &self,
        request: Request<pb::ListLearnersRequest>,
    ) -> Result<Response<pb::ListLearnersResponse>, Status> {
        let (call, filter) = Call::read(request, listed)?;
        let (organization, time) = (call.organization()?, self.context.clock.now());
        let database = &self.context.database;
        let fetch = async |after, limit| {
            let page = async |c: &mut _| learner::list(c, organization, &filter, after, limit, time).await;
            database.read(page).await.map_err(Error::from)
        };
        let position = |last: &Learner| ListPosition::of(last, filter.order);
        let page = call
            .page_with(&self.context.page_key, fetch, position, pb::Learner::from)
            .await?;
        let mut counts = Vec::new();
        if call.message.page_token.is_empty() {
            // As of invitations: once a list, not once a page.
            let counting = database.read(async |c| learner::counts(c, organization, time).await);
            counts = counting.await.map_err(Error::from)?;
        }
        Ok(Response::new(pb::ListLearnersResponse {
            learners: page.items,
            next_page_token: page.next_page_token,
            counts: counts.into_iter().map(counted).collect(),
        }))
    }
}

/// Which learners are listed. A group or a location of another organization has nobody of this one.
fn listed(call: &Call<pb::ListLearnersRequest>, violations: &mut Violations) -> Parsed<LearnerFilter> {
    let message = &call.message;
    let states = filter::<pb::InvitationState, _>(violations, "states", &message.states);
    let groups = all_named::<GroupName>(violations, "groups", &message.groups);
    let location = optional_named::<LocationName>(violations, "location", &message.location);
    Ok((|| {
        Some(LearnerFilter {
            states: states?,
            groups: groups?.into_iter().map(|name| name.group).collect(),
            location: location?.map(|name| name.location),
            text: message.text.trim().to_owned(),
            order: order(message.order()),
        })
    })())
}

fn order(order: pb::LearnerOrder) -> LearnerOrder {
    match order {
        pb::LearnerOrder::Unspecified => LearnerOrder::Newest,
        pb::LearnerOrder::Oldest => LearnerOrder::Oldest,
        pb::LearnerOrder::Name => LearnerOrder::Name,
    }
}

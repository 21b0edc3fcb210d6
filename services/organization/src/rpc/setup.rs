//! What an organization still has to set up.

use muster_ids::OrganizationName;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::setup_checklist_service_server::SetupChecklistService;
use muster_server::convert::timestamp;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{Entitlement, SetupFacts, SetupItem, SetupState, SetupStep};
use crate::error::Error;
use crate::store::{organization, setup, subscription};

#[tonic::async_trait]
impl SetupChecklistService for Rpc {
    async fn get_setup_checklist(
        &self,
        request: Request<pb::GetSetupChecklistRequest>,
    ) -> Result<Response<pb::GetSetupChecklistResponse>, Status> {
        let (context, now) = (&self.context, self.context.clock.now());
        let (_, name) = Call::read(request, |call, violations| {
            Ok(call.name::<OrganizationName>(violations))
        })?;
        let look = async |db: &mut _| {
            let found = organization::find(db, name.organization).await?;
            let found = found.ok_or(Failure::NotFound)?;
            let subscription = subscription::find(db, found.id).await?;
            let plan = Entitlement::at(now, subscription.as_ref(), context.basic).plan;
            Ok::<_, Error>(setup::find(db, &found, plan, now).await?)
        };
        let facts = context.database.read(look).await?;
        Ok(Response::new(muster_proto::answer(facts)))
    }
}

impl From<SetupFacts> for pb::SetupChecklist {
    fn from(facts: SetupFacts) -> Self {
        Self {
            items: facts.checklist().into_iter().map(Into::into).collect(),
            can_invite: facts.can_invite(),
        }
    }
}

impl From<SetupItem> for pb::SetupItem {
    fn from(item: SetupItem) -> Self {
        let SetupItem {
            step,
            state,
            count,
            oldest,
        } = item;
        let (state, hint, method) = match state {
            SetupState::Done => (pb::SetupState::Done, "", ""),
            SetupState::ToDo { hint, method } => (pb::SetupState::ToDo, hint, method),
            SetupState::Waiting { hint } => (pb::SetupState::Waiting, hint, ""),
        };
        Self {
            step: pb::SetupStep::from(step).into(),
            state: state.into(),
            required: step.is_required(),
            count: i32::try_from(count).unwrap_or(i32::MAX),
            hint: hint.to_owned(),
            method: method.to_owned(),
            oldest_time: oldest.map(timestamp),
        }
    }
}

muster_proto::same_values! {
    SetupStep = pb::SetupStep {
        License, ProfileSubmitted, ProfileActive, Catalog, Group, GroupTrainings, Location, SecondAdministrator, OwnerAddress, Subscription,
        Employees, EmploymentClaims
    }
}

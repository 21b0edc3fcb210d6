//! Assignments as the organization whose they are sees them.

pub(super) mod convert;
mod parse;
mod progress;

use muster_ids::{AssignmentId, LearnerName};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::assignment_service_server::AssignmentService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Assignment;
use crate::error::Error;
use crate::ops::assignment::{by_hand, cancel};
use crate::ops::learner::know;
use crate::store::{assignment, employment_projection};

#[tonic::async_trait]
impl AssignmentService for Rpc {
    async fn list_assignments(
        &self,
        request: Request<pb::ListAssignmentsRequest>,
    ) -> Result<Response<pb::ListAssignmentsResponse>, Status> {
        let (call, learner) = Call::read(request, parse::list_assignments)?;
        let list = async |after, limit| self.list_of_learner(learner, after, limit).await;
        let position = |last: &Assignment| last.id;
        let now = self.context.clock.now();
        let answer = |assignment| convert::for_organization(learner.organization, assignment, now);
        let page = call
            .page_with(&self.context.page_key, list, position, answer)
            .await?;
        Ok(Response::new(pb::ListAssignmentsResponse {
            assignments: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn assign_training(
        &self,
        request: Request<pb::AssignTrainingRequest>,
    ) -> Result<Response<pb::AssignTrainingResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, (wish, learner)) = Call::read(request, parse::assign_training)?;
        let prepare = async || by_hand::prepare(context, &wish).await;
        let apply = async |tx: &mut _, due| {
            let assigned = by_hand::to_learner(tx, context, &wish, learner, due).await;
            assigned.map(|assignment| convert::for_organization(wish.organization, assignment, now))
        };
        call.once_prepared(&context.database, now, prepare, apply).await
    }

    async fn assign_training_to_group(
        &self,
        request: Request<pb::AssignTrainingToGroupRequest>,
    ) -> Result<Response<pb::AssignTrainingToGroupResponse>, Status> {
        let context = &self.context;
        let (call, (wish, group)) = Call::read(request, parse::assign_training_to_group)?;
        let prepare = async || by_hand::prepare(context, &wish).await;
        let apply = async |tx: &mut _, due| {
            let counts = by_hand::to_group(tx, context, &wish, group, due).await?;
            Ok::<_, Error>(pb::AssignTrainingToGroupResponse::from(counts))
        };
        let key = call.key();
        let done = context
            .database
            .once_prepared(&key, context.clock.now(), prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn cancel_assignment(
        &self,
        request: Request<pb::CancelAssignmentRequest>,
    ) -> Result<Response<pb::CancelAssignmentResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, name) = Call::read(request, parse::cancel_assignment)?;
        let work = async |tx: &mut _| {
            let cancelled = cancel::apply(tx, name).await;
            cancelled.map(|assignment| convert::for_organization(name.organization, assignment, now))
        };
        call.once(&context.database, now, work).await
    }
}

impl Rpc {
    /// As long as the person is a learner of the organization.
    async fn list_of_learner(
        &self,
        learner: LearnerName,
        after: Option<AssignmentId>,
        limit: i64,
    ) -> Result<Vec<Assignment>, Error> {
        let LearnerName { organization, person } = learner;
        know::prepare(&self.context, organization, person).await?;
        let list = async |db: &mut _| {
            let employment = employment_projection::find(db, organization, person).await?;
            if !employment.is_some_and(|employment| employment.state.is_open()) {
                return Err(Error::from(Failure::NotFound));
            }
            Ok(assignment::list_for_organization(db, organization, person, after, limit).await?)
        };
        self.context.database.read(list).await
    }
}

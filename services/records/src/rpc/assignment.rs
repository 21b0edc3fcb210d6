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
        let answer = |assignment| convert::for_organization(learner.organization, assignment);
        let page = call
            .page_with(&self.context.page_key, list, position, answer)
            .await?;
        Ok(Response::new(pb::ListAssignmentsResponse {
            assignments: page.items,
            next_page_token: page.next_page_token,
        }))
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

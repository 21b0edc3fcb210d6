//! Assignments as the organization that made them sees them.

use muster_ids::{OrganizationId, PersonId};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::assignment_service_server::AssignmentService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, convert, parse};
use crate::domain::Assignment;
use crate::error::Error;
use crate::ops;
use crate::store::{Before, assignments, projection};

#[tonic::async_trait]
impl AssignmentService for Rpc {
    async fn list_assignments(
        &self,
        request: Request<pb::ListAssignmentsRequest>,
    ) -> Result<Response<pb::ListAssignmentsResponse>, Status> {
        let (call, (organization, person)) = Call::read(request, parse::learner)?;
        let filter = format!("{organization} {person}");
        let list = call.list(&filter, call.message.page_size, &call.message.page_token);
        let fetch = |before, limit| self.assignments(organization, person, before, limit);
        let position = |last: &Assignment| last.id.as_uuid();
        let page = self
            .page_key
            .page(list, fetch, position, convert::for_organization)
            .await?;
        Ok(Response::new(pb::ListAssignmentsResponse {
            assignments: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

impl Rpc {
    async fn assignments(
        &self,
        organization: OrganizationId,
        person: PersonId,
        before: Before,
        limit: i64,
    ) -> Result<Vec<Assignment>, Error> {
        ops::know_learner(&self.desk, organization, person).await?;
        let look = self.desk.read(move |db| {
            Box::pin(async move {
                let standing = projection::get(db, organization, person).await?;
                if !standing.is_some_and(|standing| standing.state.is_open()) {
                    return Ok(None);
                }
                assignments::list_for_organization(db, organization, person, before, limit)
                    .await
                    .map(Some)
            })
        });
        look.await?.ok_or(Error::NotFound)
    }
}

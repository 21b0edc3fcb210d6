//! Assignments as the organization that made them sees them.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::assignment_service_server::AssignmentService;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, convert, parse};
use crate::error::Error;
use crate::ops;
use crate::store::{assignments, projection};

const LIST: &str = "/muster.records.v1.AssignmentService/ListAssignments";

#[tonic::async_trait]
impl AssignmentService for Rpc {
    async fn list_assignments(
        &self,
        request: Request<pb::ListAssignmentsRequest>,
    ) -> Result<Response<pb::ListAssignmentsResponse>, Status> {
        let call = Call::accept(request)?;
        let (organization, person) = parse::learner(&call)?;
        let filter = format!("{organization} {person}");
        let list = List {
            caller: &call.caller,
            method: LIST,
            filter: &filter,
        };
        let before = self.page_key.open(&list, &call.message.page_token)?;
        let size = Size::of(call.message.page_size);
        ops::know_learner(&self.desk, organization, person).await?;
        let mut found = self
            .desk
            .read(move |db| {
                Box::pin(async move {
                    let standing = projection::get(db, organization, person).await?;
                    if !standing.is_some_and(|standing| standing.state.is_open()) {
                        return Ok(None);
                    }
                    let limit = size.fetch();
                    assignments::list_for_organization(db, organization, person, before, limit)
                        .await
                        .map(Some)
                })
            })
            .await?
            .ok_or(Error::NotFound)?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let assignments = found.into_iter().map(convert::for_organization).collect();
        Ok(Response::new(pb::ListAssignmentsResponse {
            assignments,
            next_page_token,
        }))
    }
}

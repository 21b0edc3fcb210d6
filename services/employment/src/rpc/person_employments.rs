//! A person's own employments.

use muster_ids::EmploymentId;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::person_employment_service_server::PersonEmploymentService;
use muster_server::Call;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, parse};
use crate::domain::Employment;
use crate::store::employments;

#[tonic::async_trait]
impl PersonEmploymentService for Rpc {
    async fn list_person_employments(
        &self,
        request: Request<pb::ListPersonEmploymentsRequest>,
    ) -> Result<Response<pb::ListPersonEmploymentsResponse>, Status> {
        let (call, person) = Call::read(request, parse::oneself)?;
        // The token is bound to the caller, and the caller is all that the list depends on.
        let list = call.list("", call.message.page_size, &call.message.page_token);
        let fetch = |after: Option<Uuid>, limit| {
            let after = after.map(EmploymentId::from_uuid);
            self.read(move |db| Box::pin(employments::list_of_person(db, person, after, limit)))
        };
        let position = |last: &Employment| last.id.as_uuid();
        let page = self
            .page_key
            .page(list, fetch, position, pb::Employment::from)
            .await?;
        Ok(Response::new(pb::ListPersonEmploymentsResponse {
            employments: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

//! Employments as an organization sees them.

use muster_ids::EmploymentId;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_service_server::EmploymentService;
use muster_server::Call;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, parse};
use crate::domain::Employment;
use crate::error::Error;
use crate::store::employments;

#[tonic::async_trait]
impl EmploymentService for Rpc {
    async fn get_employment(
        &self,
        request: Request<pb::GetEmploymentRequest>,
    ) -> Result<Response<pb::GetEmploymentResponse>, Status> {
        let (_, (organization, id)) = Call::read(request, parse::employment)?;
        let found = self
            .read(move |db| Box::pin(employments::get(db, organization, id)))
            .await?;
        let employment = found.ok_or(Error::NotFound)?;
        Ok(Response::new(pb::GetEmploymentResponse {
            employment: Some(employment.into()),
        }))
    }

    async fn list_employments(
        &self,
        request: Request<pb::ListEmploymentsRequest>,
    ) -> Result<Response<pb::ListEmploymentsResponse>, Status> {
        let (call, (organization, states)) = Call::read(request, parse::listed)?;
        let filter = format!("{organization} {states:?}");
        let list = call.list(&filter, call.message.page_size, &call.message.page_token);
        let fetch = |after: Option<Uuid>, limit| {
            let after = after.map(EmploymentId::from_uuid);
            self.read(move |db| {
                Box::pin(async move { employments::list(db, organization, &states, after, limit).await })
            })
        };
        let position = |last: &Employment| last.id.as_uuid();
        let page = self
            .page_key
            .page(list, fetch, position, pb::Employment::from)
            .await?;
        Ok(Response::new(pb::ListEmploymentsResponse {
            employments: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

//! Employments as an organization sees them.

use muster_ids::EmploymentId;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_service_server::EmploymentService;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::error::Error;
use crate::store::employments;

const LIST: &str = "/muster.employment.v1.EmploymentService/ListEmployments";

#[tonic::async_trait]
impl EmploymentService for Rpc {
    async fn get_employment(
        &self,
        request: Request<pb::GetEmploymentRequest>,
    ) -> Result<Response<pb::GetEmploymentResponse>, Status> {
        let call = Call::accept(request)?;
        let (organization, id) = parse::employment(&call)?;
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
        let call = Call::accept(request)?;
        let (organization, states) = parse::listed(&call)?;
        let filter = format!("{organization} {states:?}");
        let list = List {
            caller: &call.caller,
            method: LIST,
            filter: &filter,
        };
        let after = self
            .page_key
            .open(&list, &call.message.page_token)?
            .map(EmploymentId::from_uuid);
        let size = Size::of(call.message.page_size);
        let mut found = self
            .read(move |db| {
                Box::pin(
                    async move { employments::list(db, organization, &states, after, size.fetch()).await },
                )
            })
            .await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let employments = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListEmploymentsResponse {
            employments,
            next_page_token,
        }))
    }
}

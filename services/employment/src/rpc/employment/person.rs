//! A person's own employments.

use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::person_employment_service_server::PersonEmploymentService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::parse;
use crate::domain::Employment;
use crate::error::Error;
use crate::rpc::Rpc;
use crate::store::employment;

#[tonic::async_trait]
impl PersonEmploymentService for Rpc {
    async fn list_person_employments(
        &self,
        request: Request<pb::ListPersonEmploymentsRequest>,
    ) -> Result<Response<pb::ListPersonEmploymentsResponse>, Status> {
        let (call, person) = Call::read(request, parse::oneself)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| employment::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &Employment| last.id)
            .await
    }
}

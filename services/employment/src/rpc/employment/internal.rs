//! What other services decide by.

use muster_ids::EmploymentName;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_internal_service_server::EmploymentInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::parse;
use crate::error::Error;
use crate::rpc::Rpc;
use crate::store::employment;

#[tonic::async_trait]
impl EmploymentInternalService for Rpc {
    async fn get_employment_state(
        &self,
        request: Request<pb::GetEmploymentStateRequest>,
    ) -> Result<Response<pb::GetEmploymentStateResponse>, Status> {
        let (_, (organization, person)) = Call::read(request, parse::state_question)?;
        let find = async |db: &mut _| employment::find_latest(db, organization, person).await;
        let latest = self.context.database.read(find).await.map_err(Error::from)?;
        let answer = latest.map(|latest| pb::GetEmploymentStateResponse {
            state: pb::EmploymentState::from(latest.state).into(),
            employment: EmploymentName {
                organization,
                employment: latest.id,
            }
            .to_string(),
            sequence: latest.version,
        });
        Ok(Response::new(answer.unwrap_or_default()))
    }
}

//! What other services decide by.

use muster_ids::EmploymentName;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_internal_service_server::EmploymentInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::store::employments::{self, Latest};

#[tonic::async_trait]
impl EmploymentInternalService for Rpc {
    async fn get_employment_state(
        &self,
        request: Request<pb::GetEmploymentStateRequest>,
    ) -> Result<Response<pb::GetEmploymentStateResponse>, Status> {
        let (_, (organization, person)) = Call::read(request, parse::state_question)?;
        let latest = self
            .read(move |db| Box::pin(employments::latest(db, organization, person)))
            .await?;
        let answer = latest.map(|Latest { id, state, version }| pb::GetEmploymentStateResponse {
            state: pb::EmploymentState::from(state).into(),
            employment: EmploymentName {
                organization,
                employment: id,
            }
            .to_string(),
            sequence: version,
        });
        Ok(Response::new(answer.unwrap_or_default()))
    }
}

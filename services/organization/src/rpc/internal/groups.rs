//! Groups with the trainings that they require.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_internal_service_server::GroupInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use crate::rpc::{Rpc, parse};
use crate::store::groups;

#[tonic::async_trait]
impl GroupInternalService for Rpc {
    async fn batch_get_groups(
        &self,
        request: Request<pb::BatchGetGroupsRequest>,
    ) -> Result<Response<pb::BatchGetGroupsResponse>, Status> {
        let (_, (organization, named)) = Call::read(request, parse::groups_question)?;
        let found = self
            .desk
            .read(move |c| Box::pin(groups::named(c, organization, named)))
            .await?;
        let groups = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::BatchGetGroupsResponse { groups }))
    }
}

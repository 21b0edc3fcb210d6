//! Who has which role.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::roles_internal_service_server::RolesInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use crate::rpc::{Rpc, parse};
use crate::store::organizations;

#[tonic::async_trait]
impl RolesInternalService for Rpc {
    async fn get_role(
        &self,
        request: Request<pb::GetRoleRequest>,
    ) -> Result<Response<pb::GetRoleResponse>, Status> {
        let (_, (organization, person)) = Call::read(request, parse::role_question)?;
        let owner = self
            .desk
            .read(move |c| Box::pin(organizations::is_owner(c, organization, person)))
            .await?;
        // The role derives from the one column that says who the owner is; nobody else has one.
        let role = if owner {
            pb::Role::Owner
        } else {
            pb::Role::Unspecified
        };
        Ok(Response::new(pb::GetRoleResponse { role: role.into() }))
    }
}

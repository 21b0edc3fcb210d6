//! Who has which role.

use muster_ids::{OrganizationId, PersonId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::roles_internal_service_server::RolesInternalService;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::rpc::{Rpc, named_organization};
use crate::store::organization;

#[tonic::async_trait]
impl RolesInternalService for Rpc {
    async fn get_role(
        &self,
        request: Request<pb::GetRoleRequest>,
    ) -> Result<Response<pb::GetRoleResponse>, Status> {
        let (_, (id, person)) = Call::read(request, question)?;
        let look = async |db: &mut _| organization::is_owner(db, id, person).await.map_err(Error::from);
        // The role derives from the one column that says who the owner is; nobody else has one.
        let role = if self.context.database.read(look).await? {
            pb::Role::Owner
        } else {
            pb::Role::Unspecified
        };
        Ok(Response::new(pb::GetRoleResponse { role: role.into() }))
    }
}

fn question(
    call: &Call<pb::GetRoleRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, PersonId)> {
    let organization = named_organization(violations, &call.message.organization);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    Ok(organization.zip(person.map(|name| name.person)))
}

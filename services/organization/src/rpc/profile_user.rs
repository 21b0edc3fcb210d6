//! Who administers an organization, and where their mail goes: what other services ask.

mod convert;

use muster_ids::{OrganizationId, PersonId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_internal_service_server::ProfileUserInternalService;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Failure, Parsed};
use tonic::{Request, Response, Status};

use super::{Rpc, named_organization};
use crate::error::Error;
use crate::store::profile_user;

#[tonic::async_trait]
impl ProfileUserInternalService for Rpc {
    async fn list_profile_users(
        &self,
        request: Request<pb::ListProfileUsersRequest>,
    ) -> Result<Response<pb::ListProfileUsersResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            Ok(named_organization(violations, &call.message.organization))
        })?;
        let list = async |db: &mut _| profile_user::list(db, id).await.map_err(Error::from);
        let all = self.context.database.read(list).await?;
        Ok(Response::new(pb::ListProfileUsersResponse {
            profile_users: all.into_iter().map(Into::into).collect(),
        }))
    }

    async fn get_profile_user_contact(
        &self,
        request: Request<pb::GetProfileUserContactRequest>,
    ) -> Result<Response<pb::GetProfileUserContactResponse>, Status> {
        let (_, (id, person)) = Call::read(request, contact_question)?;
        let find = async |db: &mut _| {
            let found = profile_user::find_contact(db, id, person).await?;
            found.ok_or(Error::from(Failure::NotFound))
        };
        let contact = self.context.database.read(find).await?;
        Ok(Response::new(contact.into()))
    }
}

fn contact_question(
    call: &Call<pb::GetProfileUserContactRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, PersonId)> {
    let organization = named_organization(violations, &call.message.organization);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    Ok(organization.zip(person.map(|name| name.person)))
}

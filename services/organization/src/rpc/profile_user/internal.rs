//! Who has which role, and where their mail goes: what other services ask.

use muster_ids::{OrganizationId, PersonId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_internal_service_server::ProfileUserInternalService;
use muster_proto::organization::v1::roles_internal_service_server::RolesInternalService;
use muster_refusal::Violations;
use muster_server::convert::role;
use muster_server::names::named;
use muster_server::{Call, Failure};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::{Request, Response, Status};

use super::convert::user_role;
use crate::domain::{ProfileUser, ProfileUserContact};
use crate::error::Error;
use crate::rpc::{Rpc, named_organization};
use crate::store::{organization, profile_user};

#[tonic::async_trait]
impl RolesInternalService for Rpc {
    async fn get_role(
        &self,
        request: Request<pb::GetRoleRequest>,
    ) -> Result<Response<pb::GetRoleResponse>, Status> {
        let now = self.context.clock.now();
        let (_, (id, person)) = Call::read(request, |call, violations| {
            Ok(asked(
                violations,
                &call.message.organization,
                &call.message.person,
            ))
        })?;
        let find = async |db: &mut _| profile_user::find(db, id, person).await.map_err(Error::from);
        let found = self.context.database.read(find).await?;
        let told = found.and_then(|user| user.role_at(now));
        Ok(Response::new(pb::GetRoleResponse {
            role: role(told).into(),
        }))
    }
}

/// Everybody who has access to the organization, or had it and may have it again.
async fn all_users(rpc: &Rpc, organization: OrganizationId) -> Result<Vec<ProfileUser>, Error> {
    let list = async |db: &mut _| {
        profile_user::list(db, organization, None, i64::MAX)
            .await
            .map_err(Error::from)
    };
    rpc.context.database.read(list).await
}

#[tonic::async_trait]
impl ProfileUserInternalService for Rpc {
    async fn list_profile_user_roles(
        &self,
        request: Request<pb::ListProfileUserRolesRequest>,
    ) -> Result<Response<pb::ListProfileUserRolesResponse>, Status> {
        let now = self.context.clock.now();
        let (_, id) = Call::read(request, |call, violations| {
            Ok(named_organization(violations, &call.message.organization))
        })?;
        let all = all_users(self, id).await?.into_iter();
        let awake = all.filter_map(|user| Some(user_role(user.person, user.role_at(now)?)));
        Ok(Response::new(pb::ListProfileUserRolesResponse {
            profile_users: awake.collect(),
        }))
    }

    async fn list_employed_profile_users(
        &self,
        request: Request<pb::ListEmployedProfileUsersRequest>,
    ) -> Result<Response<pb::ListEmployedProfileUsersResponse>, Status> {
        let now = self.context.clock.now();
        let (_, id) = Call::read(request, |call, violations| {
            Ok(named_organization(violations, &call.message.organization))
        })?;
        let all = all_users(self, id).await?.into_iter();
        let employed = all.filter(|user| user.is_employed(now));
        let name = |user: ProfileUser| PersonName { person: user.person }.to_string();
        Ok(Response::new(pb::ListEmployedProfileUsersResponse {
            persons: employed.map(name).collect(),
        }))
    }

    async fn get_profile_user_contact(
        &self,
        request: Request<pb::GetProfileUserContactRequest>,
    ) -> Result<Response<pb::GetProfileUserContactResponse>, Status> {
        let now = self.context.clock.now();
        let (_, (id, person)) = Call::read(request, |call, violations| {
            Ok(asked(
                violations,
                &call.message.organization,
                &call.message.person,
            ))
        })?;
        let find = async |db: &mut _| contact(db, id, person, now).await;
        let contact = self.context.database.read(find).await?;
        Ok(Response::new(contact.into()))
    }
}

/// Where mail for a profile user goes whose access counts now: nobody else is written to.
async fn contact(
    db: &mut PgConnection,
    id: OrganizationId,
    person: PersonId,
    now: OffsetDateTime,
) -> Result<ProfileUserContact, Error> {
    let user = profile_user::find(db, id, person).await?;
    let role = user.and_then(|user| user.role_at(now)).ok_or(Failure::NotFound)?;
    let organization = organization::find(db, id).await?.ok_or(Failure::NotFound)?;
    Ok(ProfileUserContact {
        role,
        address: profile_user::find_address(db, id, person).await?,
        organization_state: organization.state,
        organization_display_name: organization.display_name,
        language: organization.language,
    })
}

fn asked(
    violations: &mut Violations,
    organization: &str,
    person: &str,
) -> Option<(OrganizationId, PersonId)> {
    let organization = named_organization(violations, organization);
    let person = named::<PersonName>(violations, "person", person);
    organization.zip(person.map(|name| name.person))
}

//! The owner lets somebody in who asked.

use muster_ids::{AccessRequestName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::store;
use crate::context::Context;
use crate::domain::{
    Access, AccessRequest, End, GivenAccess, GivenRole, Organization, OrganizationState, Origin, ProfileUser,
};
use crate::error::Error;
use crate::ops::lock_owned;
use crate::store::{access_request, profile_user};

/// Which request, and what the person becomes.
pub(crate) struct Approval {
    pub(crate) name: AccessRequestName,
    /// `None`: what they asked for.
    pub(crate) role: Option<GivenRole>,
    /// The owner.
    pub(crate) by: PersonId,
}

/// Grants a request that waits: once, however often it is approved.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    approval: Approval,
) -> Result<AccessRequest, Error> {
    let now = context.clock.now();
    let organization = lock_owned(tx, approval.name.organization, approval.by).await?;
    let request = access_request::lock(tx, approval.name).await?;
    let request = request.ok_or(Failure::NotFound)?;
    let (granted, is_new) = store(tx, request.approve(approval.by, now)).await?;
    if is_new {
        require_active(&organization)?;
        let role = approval.role.unwrap_or(granted.role);
        let access = GivenAccess::new(role, Origin::Request, End(None), now);
        let user = ProfileUser {
            organization: granted.organization,
            person: granted.asker.person,
            display_name: granted.asker.display_name.clone(),
            access: Access::Given(access),
        };
        profile_user::put(tx, &user).await?;
        let address = &granted.asker.address;
        profile_user::put_address(tx, user.organization, user.person, address, now).await?;
    }
    Ok(granted)
}

fn require_active(organization: &Organization) -> Result<(), Error> {
    if organization.state == OrganizationState::Active {
        Ok(())
    } else {
        Err(Error::OrganizationNotActive)
    }
}

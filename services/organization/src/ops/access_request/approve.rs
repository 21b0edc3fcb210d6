//! The owner lets somebody in who asked.

use muster_ids::{AccessRequestName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::store;
use crate::context::Context;
use crate::domain::{
    Access, AccessRequest, End, GivenAccess, GivenRole, Organization, OrganizationState, Origin, ProfileUser,
    ProfileUserState,
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
        let person = granted.asker.person;
        match profile_user::lock(tx, organization.id, person).await? {
            Some(user) if user.state(now) != ProfileUserState::Expired => {
                admit(tx, user, &granted, role, now).await?;
            }
            // Expired access is none: what it was does not come back.
            _ => let_in(tx, &granted, role, now).await?,
        }
        profile_user::put_address(tx, organization.id, person, &granted.asker.address, now).await?;
    }
    Ok(granted)
}

async fn let_in(
    tx: &mut PgConnection,
    granted: &AccessRequest,
    role: GivenRole,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let access = GivenAccess::new(role, Origin::Request, End(None), now);
    let user = ProfileUser {
        organization: granted.organization,
        person: granted.asker.person,
        display_name: granted.asker.display_name.clone(),
        access: Access::Given(access),
    };
    Ok(profile_user::put(tx, &user).await?)
}

/// Who is a profile user already has at least the role from then on, and access that counts; when it ends stays.
async fn admit(
    tx: &mut PgConnection,
    user: ProfileUser,
    granted: &AccessRequest,
    role: GivenRole,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let display_name = granted.asker.display_name.clone();
    if let Transition::Changed(admitted) = user.admit(role, display_name, now) {
        profile_user::update(tx, &admitted, now).await?;
    }
    Ok(())
}

fn require_active(organization: &Organization) -> Result<(), Error> {
    if organization.state == OrganizationState::Active {
        Ok(())
    } else {
        Err(Error::OrganizationNotActive)
    }
}

//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent.

use muster_identity::Role;
use muster_ids::{PersonId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_server::convert::{role, timestamp};
use muster_server::etag::etag;

use crate::domain::{
    Access, GivenAccess, GivenRole, Origin, ProfileUser, ProfileUserContact, ProfileUserState,
    SeenProfileUser,
};

impl From<SeenProfileUser> for pb::ProfileUser {
    fn from(seen: SeenProfileUser) -> Self {
        let SeenProfileUser { user, state } = seen;
        let (name, etag, of) = (user.name().to_string(), etag(user.version()), user.role());
        let ProfileUser {
            organization: _,
            person,
            display_name,
            access,
        } = user;
        let bare = Self {
            name,
            etag,
            person: PersonName { person }.to_string(),
            display_name: display_name.unwrap_or_default(),
            role: role(Some(of)).into(),
            origin: pb::ProfileUserOrigin::Unspecified.into(),
            state: pb::ProfileUserState::from(state).into(),
            expire_time: None,
            create_time: None,
        };
        let Access::Given(access) = access else {
            return bare;
        };
        let GivenAccess {
            role: _,
            origin,
            end,
            version: _,
            create_time,
            is_verified: _,
        } = access;
        Self {
            origin: pb::ProfileUserOrigin::from(origin).into(),
            expire_time: end.0.map(timestamp),
            create_time: Some(timestamp(create_time)),
            ..bare
        }
    }
}

muster_proto::same_values! { Origin = pb::ProfileUserOrigin { Employment, Request } }

muster_proto::same_values! { ProfileUserState = pb::ProfileUserState { Active, Asleep, Expired } }

/// The role is none that can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be VIEWER or ADMIN")]
pub(crate) struct NotGiven;

impl From<GivenRole> for pb::Role {
    fn from(of: GivenRole) -> Self {
        role(Some(of.into()))
    }
}

impl TryFrom<pb::Role> for GivenRole {
    type Error = NotGiven;

    fn try_from(role: pb::Role) -> Result<Self, NotGiven> {
        match role {
            pb::Role::Viewer => Ok(Self::Viewer),
            pb::Role::Admin => Ok(Self::Admin),
            pb::Role::Owner | pb::Role::Unspecified => Err(NotGiven),
        }
    }
}

pub(super) fn user_role(person: PersonId, of: Role) -> pb::ProfileUserRole {
    pb::ProfileUserRole {
        person: PersonName { person }.to_string(),
        role: role(Some(of)).into(),
    }
}

impl From<ProfileUserContact> for pb::GetProfileUserContactResponse {
    fn from(contact: ProfileUserContact) -> Self {
        let ProfileUserContact {
            role: of,
            address,
            organization_state,
            organization_display_name,
            language,
        } = contact;
        Self {
            role: role(Some(of)).into(),
            address: address.map_or_else(String::new, |address| address.as_given().to_owned()),
            organization_state: pb::OrganizationState::from(organization_state).into(),
            organization_display_name: organization_display_name.to_string(),
            language: language.tag().to_owned(),
        }
    }
}

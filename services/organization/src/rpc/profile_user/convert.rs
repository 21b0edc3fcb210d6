//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent.

use muster_identity::Role;
use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;

use crate::domain::{ProfileUser, ProfileUserContact};

impl From<ProfileUser> for pb::ProfileUser {
    fn from(user: ProfileUser) -> Self {
        let ProfileUser { person, role: of } = user;
        Self {
            person: PersonName { person }.to_string(),
            role: role(of).into(),
        }
    }
}

impl From<ProfileUserContact> for pb::GetProfileUserContactResponse {
    fn from(contact: ProfileUserContact) -> Self {
        let ProfileUserContact {
            role: of,
            address,
            organization_state,
            organization_display_name,
        } = contact;
        Self {
            role: role(of).into(),
            address: address.map_or_else(String::new, |address| address.as_given().to_owned()),
            organization_state: pb::OrganizationState::from(organization_state).into(),
            organization_display_name: organization_display_name.to_string(),
        }
    }
}

fn role(role: Role) -> pb::Role {
    match role {
        Role::Viewer => pb::Role::Viewer,
        Role::Admin => pb::Role::Admin,
        Role::Owner => pb::Role::Owner,
    }
}

//! From the domain to messages, exhaustively.

use muster_ids::{GrantName, OrganizationName};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Grant, GrantStateName};

muster_proto::same_values! { GrantStateName = pb::GrantState { Active, Revoked, Lapsed } }

impl From<Grant> for pb::Grant {
    fn from(grant: Grant) -> Self {
        let Grant {
            person,
            id,
            organization,
            state,
            version: _,
            create_time,
        } = grant;
        Self {
            name: GrantName { person, grant: id }.to_string(),
            organization: OrganizationName { organization }.to_string(),
            state: pb::GrantState::from(state.name()).into(),
            create_time: Some(timestamp(create_time)),
            revoke_time: state.revoke_time().map(timestamp),
        }
    }
}

//! From the domain to messages, exhaustively.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{AccessRequest, AccessRequestState, Asker};

impl From<AccessRequest> for pb::AccessRequest {
    fn from(request: AccessRequest) -> Self {
        let name = request.name().to_string();
        let AccessRequest {
            organization: _,
            id: _,
            number,
            asker,
            role,
            message,
            state,
            version: _,
            create_time,
            expire_time,
            decide_time,
            decider,
        } = request;
        let Asker {
            person,
            display_name,
            address,
        } = asker;
        Self {
            name,
            organization_number: number.as_str().to_owned(),
            person: PersonName { person }.to_string(),
            display_name: display_name.unwrap_or_default(),
            address: address.as_given().to_owned(),
            role: pb::Role::from(role).into(),
            message: message.map_or_else(String::new, |message| message.as_str().to_owned()),
            state: pb::AccessRequestState::from(state).into(),
            create_time: Some(timestamp(create_time)),
            expire_time: Some(timestamp(expire_time)),
            decide_time: decide_time.map(timestamp),
            decider: decider
                .map(|person| PersonName { person }.to_string())
                .unwrap_or_default(),
        }
    }
}

muster_proto::same_values! {
    AccessRequestState = pb::AccessRequestState { Pending, Approved, Denied, Withdrawn, Expired }
}

//! From the domain to messages, exhaustively.

use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;
use muster_server::etag::etag;

use crate::domain::{Location, LocationState};

impl From<Location> for pb::Location {
    fn from(location: Location) -> Self {
        let name = location.name().to_string();
        let Location {
            organization: _,
            id: _,
            display_name,
            state,
            version,
            create_time,
        } = location;
        Self {
            name,
            etag: etag(version),
            display_name: display_name.as_str().to_owned(),
            create_time: Some(timestamp(create_time)),
            state: pb::LocationState::from(state).into(),
        }
    }
}

muster_proto::same_values! { LocationState = pb::LocationState { Active, Inactive } }

//! From the domain to messages, exhaustively.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{OwnershipOffer, OwnershipOfferState};

impl From<OwnershipOffer> for pb::OwnershipOffer {
    fn from(offer: OwnershipOffer) -> Self {
        let name = offer.name().to_string();
        let OwnershipOffer {
            organization: _,
            id: _,
            person,
            offered_by,
            state,
            version: _,
            create_time,
            expire_time,
            end_time,
        } = offer;
        Self {
            name,
            person: PersonName { person }.to_string(),
            offered_by: PersonName { person: offered_by }.to_string(),
            state: pb::OwnershipOfferState::from(state).into(),
            create_time: Some(timestamp(create_time)),
            expire_time: Some(timestamp(expire_time)),
            end_time: end_time.map(timestamp),
        }
    }
}

muster_proto::same_values! {
    OwnershipOfferState = pb::OwnershipOfferState { Offered, Accepted, Declined, Withdrawn, Expired, Lapsed }
}

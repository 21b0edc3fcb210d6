//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent.

use muster_ids::DeliveryName;
use muster_proto::notification::v1::{Delivery, delivery};
use muster_server::convert::timestamp;

use crate::domain::DeliveryState;
use crate::store::Listed;

impl From<Listed> for Delivery {
    fn from(listed: Listed) -> Self {
        let Listed {
            organization,
            delivery,
            subject,
            state,
            attempts,
            server_reply,
            message_id,
            create_time,
            send_time,
            next_attempt_time,
            traceparent,
        } = listed;
        Self {
            name: DeliveryName {
                organization,
                delivery,
            }
            .to_string(),
            subject,
            state: delivery::State::from(state).into(),
            attempt_count: attempts,
            server_reply,
            message_id,
            create_time: Some(timestamp(create_time)),
            send_time: send_time.map(timestamp),
            next_attempt_time: next_attempt_time.map(timestamp),
            trace_id: traceparent.as_deref().map(trace_id).unwrap_or_default(),
        }
    }
}

impl From<DeliveryState> for delivery::State {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Queued => Self::Queued,
            DeliveryState::Sending => Self::Sending,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Uncertain => Self::Uncertain,
            DeliveryState::Deferred => Self::Deferred,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Dropped => Self::Dropped,
        }
    }
}

/// The second part of a `traceparent` (W3C Trace Context, section 3.2.2).
fn trace_id(traceparent: &str) -> String {
    traceparent.split('-').nth(1).unwrap_or_default().to_owned()
}

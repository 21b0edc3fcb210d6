//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent.

use muster_ids::DeliveryName;
use muster_proto::notification::v1 as pb;
use muster_proto::notification::v1::delivery::State;
use muster_server::convert::timestamp;

use crate::domain::{Delivery, DeliveryState};

muster_proto::same_values! {
    DeliveryState = State { Queued, Sending, Sent, Uncertain, Deferred, Failed, Dropped, Bounced }
}

impl From<Delivery> for pb::Delivery {
    fn from(delivery: Delivery) -> Self {
        let Delivery {
            organization,
            id,
            subject,
            state,
            attempts,
            server_reply,
            message_id,
            create_time,
            send_time,
            bounce_time,
            next_attempt_time,
            traceparent,
        } = delivery;
        let name = DeliveryName {
            organization,
            delivery: id,
        };
        Self {
            name: name.to_string(),
            subject,
            state: State::from(state).into(),
            attempt_count: attempts,
            server_reply,
            message_id,
            create_time: Some(timestamp(create_time)),
            send_time: send_time.map(timestamp),
            bounce_time: bounce_time.map(timestamp),
            next_attempt_time: next_attempt_time.map(timestamp),
            trace_id: traceparent.as_deref().map(trace_id).unwrap_or_default(),
        }
    }
}

/// The second part of a `traceparent` (W3C Trace Context, section 3.2.2).
fn trace_id(traceparent: &str) -> String {
    traceparent.split('-').nth(1).unwrap_or_default().to_owned()
}

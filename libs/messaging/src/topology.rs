//! The one table of what is published, by whom, and who consumes it.
//!
//! To add an event: write the message in the publisher's `events.proto`, add a row to `topology/events.rs`, add a
//! [`crate::Handler`] in every consumer named there. The tests of this module, and the start of a consuming service, fail
//! while one of these is missing.
//!
//! One topic exchange; a quorum queue for each consuming service, dead-lettered at least once to a parked quorum queue.
//! Every service declares the whole table before it publishes, so that starting order does not matter.

mod declare;
mod definitions;
mod events;
mod names;

pub(crate) use declare::{declare, expect};
pub use definitions::definitions;
pub use events::{EMPLOYMENT, EventType, INVITATION, NOTIFICATION, ORGANIZATION, QUEUES, RECORDS};
pub(crate) use names::Names;

/// A protobuf message that is published as an event.
pub trait Event: prost::Message + Default + 'static {
    /// Its row in the table.
    const TYPE: EventType;
}

/// One row: a type of event.
#[derive(Debug)]
pub struct EventSpec {
    /// The type that this row describes.
    pub event_type: EventType,
    /// Routing key, such as `invitation.accepted`.
    pub routing_key: &'static str,
    /// CloudEvents type, such as `dev.muster.invitation.accepted.v1`.
    pub cloud_type: &'static str,
    /// Full name of the protobuf message.
    pub message: &'static str,
    /// Who publishes it; never empty.
    pub publishers: &'static [Publisher],
    /// The queues that it is bound to; never empty.
    pub consumers: &'static [&'static QueueSpec],
}

/// A service that publishes an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publisher {
    /// The service.
    pub service: &'static str,
    /// Collection of the aggregate in resource names, such as `invitations`.
    pub collection: &'static str,
}

/// The queue of one consuming service.
#[derive(Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// The service that reads it.
    pub service: &'static str,
    /// Name without the prefix of the installation.
    pub name: &'static str,
    /// Where what cannot be handled is parked.
    pub parked: &'static str,
}

impl QueueSpec {
    /// The events that the queue is bound to.
    pub fn events(&'static self) -> impl Iterator<Item = EventType> {
        EventType::ALL
            .iter()
            .copied()
            .filter(move |event| event.spec().consumers.contains(&self))
    }

    /// The queue of a service, if it consumes anything.
    #[must_use]
    pub fn of_service(service: &str) -> Option<&'static Self> {
        QUEUES.iter().copied().find(|queue| queue.service == service)
    }
}

impl EventType {
    /// What a service publishes, in the order of the table.
    pub fn of_publisher(service: &str) -> impl Iterator<Item = Self> {
        let publishes = move |event: &Self| {
            let mut publishers = event.spec().publishers.iter();
            publishers.any(|publisher| publisher.service == service)
        };
        Self::ALL.iter().copied().filter(publishes)
    }

    /// The type with this routing key.
    #[must_use]
    pub fn of_routing_key(key: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.spec().routing_key == key)
    }

    /// The type with this CloudEvents type.
    #[must_use]
    pub fn of_cloud_type(cloud_type: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.spec().cloud_type == cloud_type)
    }

    /// Routing key, such as `invitation.accepted`.
    #[must_use]
    pub fn routing_key(self) -> &'static str {
        self.spec().routing_key
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.routing_key())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_published_type_has_a_consumer() {
        for event in EventType::ALL {
            assert!(
                !event.spec().consumers.is_empty(),
                "{event} is consumed by nobody"
            );
        }
    }

    #[test]
    fn every_event_message_has_a_row_and_every_row_a_message() {
        let described: BTreeSet<String> = muster_proto::pool()
            .all_messages()
            .map(|message| message.full_name().to_owned())
            .filter(|name| name.starts_with("muster.") && name.ends_with("Event"))
            .collect();
        let rows: BTreeSet<String> = EventType::ALL
            .iter()
            .map(|event| event.spec().message.to_owned())
            .collect();
        assert_eq!(described, rows);
    }

    #[test]
    fn names_follow_from_the_service_that_defines_an_event_and_are_unique() {
        let mut keys = BTreeSet::new();
        for event in EventType::ALL {
            let spec = event.spec();
            assert_eq!(spec.event_type, *event);
            assert!(keys.insert(spec.routing_key), "{event} twice");
            // A request is defined by the service that it is made to.
            let consumers = spec.consumers.iter().map(|queue| queue.service);
            let definers: Vec<&str> = match spec.publishers {
                [one] if !spec.routing_key.ends_with(".requested") => vec![one.service],
                _ => consumers.collect(),
            };
            assert!(
                definers
                    .iter()
                    .any(|service| spec.message.starts_with(&format!("muster.{service}.v1."))),
                "{event}"
            );
            assert_eq!(EventType::of_routing_key(spec.routing_key), Some(*event));
            assert_eq!(EventType::of_cloud_type(spec.cloud_type), Some(*event));
        }
    }

    #[test]
    fn every_queue_is_bound_and_no_service_consumes_its_own_events() {
        for queue in QUEUES {
            assert!(queue.events().count() > 0, "{} is bound to nothing", queue.name);
            assert!(
                queue
                    .events()
                    .flat_map(|event| event.spec().publishers)
                    .all(|publisher| publisher.service != queue.service)
            );
            assert_eq!(QueueSpec::of_service(queue.service), Some(*queue));
            assert_eq!(queue.parked, format!("{}.parked", queue.name));
        }
    }
}

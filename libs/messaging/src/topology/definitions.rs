//! The table as an operator loads it into the broker: definitions in RabbitMQ's own format, with what the user of each
//! service may do there. A service that does not declare anything itself needs no more.

use std::fmt::Write as _;

use lapin::types::{AMQPValue, FieldTable};

use super::declare::{arguments, parked_arguments};
use super::{EventType, QUEUES, QueueSpec};

const EXCHANGE: &str = "muster.events";
const VHOST: &str = "muster";

/// Definitions for `rabbitmqctl import_definitions`: exchange, queues and bindings in the virtual host `muster`, and the
/// permissions of users that are called like the services. Users have secrets, and must be there before.
#[must_use]
pub fn definitions() -> String {
    let queues = QUEUES.iter().flat_map(|queue| {
        [
            named(queue.parked, &parked_arguments()),
            named(queue.name, &arguments(queue.parked)),
        ]
    });
    let bindings = QUEUES
        .iter()
        .flat_map(|queue| queue.events().map(|event| binding(queue, event)));
    let sections = [
        section("vhosts", [format!("{{\"name\": {VHOST:?}}}")]),
        section("permissions", services().map(permission)),
        section("topic_permissions", services().map(topic_permission)),
        section("exchanges", [exchange()]),
        section("queues", queues),
        section("bindings", bindings),
    ];
    format!("{{\n{}\n}}\n", sections.join(",\n"))
}

/// Everybody who publishes or consumes.
fn services() -> impl Iterator<Item = &'static str> {
    QUEUES.iter().map(|queue| queue.service)
}

/// What a service publishes, as a pattern for all of it.
fn published(service: &str) -> String {
    let keys: Vec<String> = EventType::of_publisher(service)
        .map(|event| event.routing_key().replace('.', "\\."))
        .collect();
    any_of(&keys)
}

/// Reads its own queue and what is parked of it, writes to the exchange if it publishes anything, configures nothing.
fn permission(service: &str) -> String {
    let write = match published(service).as_str() {
        NOTHING => NOTHING.to_owned(),
        _ => any_of(&[EXCHANGE.replace('.', "\\.")]),
    };
    let own = QueueSpec::of_service(service).map_or_else(Vec::new, |queue| {
        [queue.name, queue.parked]
            .map(|name| name.replace('.', "\\."))
            .into()
    });
    let read = any_of(&own);
    format!(
        "{{\"user\": {service:?}, \"vhost\": {VHOST:?}, \"configure\": {NOTHING:?}, \"write\": {write:?}, \"read\": {read:?}}}"
    )
}

/// Nobody publishes what is another's to tell.
fn topic_permission(service: &str) -> String {
    let write = published(service);
    format!(
        "{{\"user\": {service:?}, \"vhost\": {VHOST:?}, \"exchange\": {EXCHANGE:?}, \"write\": {write:?}, \"read\": {NOTHING:?}}}"
    )
}

fn exchange() -> String {
    format!(
        "{{\"name\": {EXCHANGE:?}, \"vhost\": {VHOST:?}, \"type\": \"topic\", \"durable\": true, \"auto_delete\": false, \
         \"internal\": false, \"arguments\": {{}}}}"
    )
}

fn named(queue: &str, arguments: &FieldTable) -> String {
    format!(
        "{{\"name\": {queue:?}, \"vhost\": {VHOST:?}, \"durable\": true, \"auto_delete\": false, \"arguments\": {}}}",
        object(arguments)
    )
}

fn binding(queue: &QueueSpec, event: EventType) -> String {
    let (name, key) = (queue.name, event.routing_key());
    format!(
        "{{\"source\": {EXCHANGE:?}, \"vhost\": {VHOST:?}, \"destination\": {name:?}, \"destination_type\": \"queue\", \
         \"routing_key\": {key:?}, \"arguments\": {{}}}}"
    )
}

/// The arguments of a queue in JSON; texts and numbers are all that they hold.
fn object(arguments: &FieldTable) -> String {
    let members: Vec<String> = arguments
        .inner()
        .iter()
        .map(|(name, value)| match value {
            AMQPValue::LongInt(number) => format!("{:?}: {number}", name.as_str()),
            AMQPValue::LongString(text) => format!("{:?}: {:?}", name.as_str(), text.to_string()),
            other => format!("{:?}: {:?}", name.as_str(), format!("{other:?}")),
        })
        .collect();
    format!("{{{}}}", members.join(", "))
}

/// Matches nothing.
const NOTHING: &str = "^$";

/// Matches each of these, whole; or nothing.
fn any_of(patterns: &[String]) -> String {
    match patterns {
        [] => NOTHING.to_owned(),
        some => format!("^({})$", some.join("|")),
    }
}

fn section(name: &str, entries: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("  {name:?}: [");
    for (at, entry) in entries.into_iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing into a string does not fail.
        let _ = write!(text, "{comma}\n    {entry}");
    }
    text.push_str("\n  ]");
    text
}

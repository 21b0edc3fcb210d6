//! Declares the table in the broker. Idempotent; every service does it on every new connection, unless an operator has.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::names::Names;
use super::{QUEUES, QueueSpec};

/// Deliveries of one message before it is parked. What counts is a consumer that ends with the message in its hands: a
/// process that dies, or a session that ends because something that the message needs was away for 25 minutes. So
/// twenty crashes, or eight hours; errors in between are retried in process, and nothing is ever requeued by hand.
const DELIVERY_LIMIT: i32 = 20;
/// Looking at a parked message counts as a delivery, and newer brokers have a default limit: effectively none.
const PARKED_DELIVERY_LIMIT: i32 = 1_000_000_000;

/// Declares the exchange, every parked queue, every queue, then every binding: in this order nothing is ever routed to
/// a queue whose dead letters would have nowhere to go.
pub(crate) async fn declare(channel: &Channel, names: &Names) -> Result<(), lapin::Error> {
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    channel
        .exchange_declare(
            names.exchange().into(),
            ExchangeKind::Topic,
            durable,
            FieldTable::default(),
        )
        .await?;
    for queue in QUEUES {
        declare_queue(channel, &names.of(queue.parked), parked_arguments()).await?;
        declare_queue(channel, &names.of(queue.name), arguments(&names.of(queue.parked))).await?;
        for event in queue.events() {
            channel
                .queue_bind(
                    names.of(queue.name).into(),
                    names.exchange().into(),
                    event.routing_key().into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
        }
    }
    Ok(())
}

/// Looks whether what this service publishes to and reads from is there. Looking needs no permission in the broker.
pub(crate) async fn expect(channel: &Channel, names: &Names, service: &str) -> Result<(), lapin::Error> {
    let passive = ExchangeDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let exchange = names.exchange().into();
    channel
        .exchange_declare(exchange, ExchangeKind::Topic, passive, FieldTable::default())
        .await?;
    let Some(queue) = QueueSpec::of_service(service) else {
        return Ok(());
    };
    for name in [queue.name, queue.parked] {
        let passive = QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        let queue = names.of(name).into();
        channel
            .queue_declare(queue, passive, FieldTable::default())
            .await?;
    }
    Ok(())
}

async fn declare_queue(channel: &Channel, name: &str, arguments: FieldTable) -> Result<(), lapin::Error> {
    let durable = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    channel.queue_declare(name.into(), durable, arguments).await?;
    Ok(())
}

/// At-least-once dead-lettering needs all four: strategy, overflow, exchange, and a key that routes. The default
/// exchange always exists, so the third cannot go missing.
pub(super) fn arguments(parked: &str) -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongInt(DELIVERY_LIMIT)),
        ("x-overflow", text("reject-publish")),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text(parked)),
    ])
}

pub(super) fn parked_arguments() -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongInt(PARKED_DELIVERY_LIMIT)),
        ("x-overflow", text("reject-publish")),
    ])
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in entries {
        table.insert(key.into(), value);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_have_all_that_at_least_once_needs() {
        let arguments = arguments("muster.invitation.parked");
        let argument = |name: &str| arguments.inner().get(name).cloned();
        // Without any one of these the broker silently falls back to at-most-once.
        assert_eq!(argument("x-queue-type"), Some(text("quorum")));
        assert_eq!(argument("x-dead-letter-strategy"), Some(text("at-least-once")));
        assert_eq!(argument("x-overflow"), Some(text("reject-publish")));
        assert_eq!(argument("x-dead-letter-exchange"), Some(text("")));
        assert_eq!(
            argument("x-dead-letter-routing-key"),
            Some(text("muster.invitation.parked"))
        );
    }
}

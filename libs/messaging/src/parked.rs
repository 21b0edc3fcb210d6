//! Messages that could not be handled: look, try again, throw away.
//!
//! A parked message waits until somebody decides. Retrying puts it at the end of the queue it came from (and of no
//! other); an event that had been applied after all is recognised by its inbox row.

use std::time::Duration;

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation};
use muster_clock::Clock;
use muster_ids::EventId;
use time::OffsetDateTime;

use crate::broker::{BrokerError, Session, in_time};
use crate::{Broker, QueueSpec, Received, timestamp};

const LIMIT: Duration = Duration::from_secs(5);

/// One parked message. Without its payload, which is for the handler alone.
#[derive(Debug, Clone)]
pub struct Parked {
    /// The event, if its envelope can be read.
    pub event: Option<Received>,
    /// The message id, readable or not.
    pub message_id: Option<String>,
    /// Why the broker parked it: `rejected` by the consumer, or `delivery_limit` (it killed the consumer every time).
    pub reason: Option<String>,
}

/// Which parked messages are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// All that are parked now.
    All,
    /// The one with this id.
    Event(EventId),
}

/// The first `limit` parked messages of a queue. They stay where they are.
///
/// # Errors
/// When the broker cannot be reached.
pub async fn list(broker: &Broker, queue: &QueueSpec, limit: usize) -> Result<Vec<Parked>, BrokerError> {
    let mut parked = Vec::new();
    each(broker, queue, limit, async |_, message| {
        parked.push(describe(message));
        Ok(false)
    })
    .await?;
    Ok(parked)
}

/// Puts parked messages into their queue again, published anew by `clock`. Answers how many.
///
/// # Errors
/// When the broker cannot be reached or does not take one back; those before it have been moved.
pub async fn retry(
    broker: &Broker,
    queue: &QueueSpec,
    selection: Selection,
    clock: &Clock,
) -> Result<usize, BrokerError> {
    let target = broker.name(queue.name);
    each(broker, queue, usize::MAX, async |channel, message| {
        if !selection.includes(message) {
            return Ok(false);
        }
        put_back(channel, &target, message, clock.now()).await?;
        Ok(true)
    })
    .await
}

/// Throws parked messages away for good. Answers how many.
///
/// # Errors
/// When the broker cannot be reached.
pub async fn purge(broker: &Broker, queue: &QueueSpec, selection: Selection) -> Result<usize, BrokerError> {
    each(broker, queue, usize::MAX, async |_, message| {
        Ok(selection.includes(message))
    })
    .await
}

impl Selection {
    fn includes(self, message: &BasicGetMessage) -> bool {
        match self {
            Self::All => true,
            Self::Event(id) => message_id(&message.delivery.properties) == Some(id.to_string()),
        }
    }
}

/// Takes each message that is parked now, once, and acks those for which `visit` says so; closing the connection gives
/// the others back. Answers how many were acked.
async fn each<V>(broker: &Broker, queue: &QueueSpec, limit: usize, visit: V) -> Result<usize, BrokerError>
where
    V: AsyncFnMut(&Channel, &BasicGetMessage) -> Result<bool, BrokerError>,
{
    let session = broker.open("parked").await?;
    let name = broker.name(queue.parked);
    let visited = visit_all(&session, &name, limit, visit).await;
    session.close().await;
    visited
}

async fn visit_all<V>(session: &Session, name: &str, limit: usize, mut visit: V) -> Result<usize, BrokerError>
where
    V: AsyncFnMut(&Channel, &BasicGetMessage) -> Result<bool, BrokerError>,
{
    let channel = &session.channel;
    in_time(
        LIMIT,
        "asking for confirms",
        channel.confirm_select(ConfirmSelectOptions::default()),
    )
    .await?;
    let passive = QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let counting = channel.queue_declare(name.into(), passive, FieldTable::default());
    let present = in_time(LIMIT, "counting parked messages", counting)
        .await?
        .message_count();
    let mut acked = 0;
    for _ in 0..usize::try_from(present).unwrap_or(usize::MAX).min(limit) {
        let getting = channel.basic_get(name.into(), BasicGetOptions::default());
        let Some(message) = in_time(LIMIT, "getting a parked message", getting).await? else {
            break;
        };
        if visit(channel, &message).await? {
            let acking = message.delivery.acker.ack(BasicAckOptions::default());
            in_time(LIMIT, "removing a parked message", acking).await?;
            acked += 1;
        }
    }
    Ok(acked)
}

/// Through the default exchange: only the queue that could not handle it gets it again.
async fn put_back(
    channel: &Channel,
    queue: &str,
    message: &BasicGetMessage,
    now: OffsetDateTime,
) -> Result<(), BrokerError> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let properties = timestamp::stamped(message.delivery.properties.clone(), now);
    let sending = channel.basic_publish(
        "".into(),
        queue.into(),
        options,
        &message.delivery.data,
        properties,
    );
    let confirm = in_time(LIMIT, "putting a message back", sending).await?;
    match in_time(LIMIT, "putting a message back", confirm).await? {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) => Err(BrokerError::NotAccepted("its queue is gone")),
        Confirmation::Nack(_) | Confirmation::NotRequested => Err(BrokerError::NotAccepted("refused")),
    }
}

fn describe(message: &BasicGetMessage) -> Parked {
    let properties = &message.delivery.properties;
    Parked {
        event: Received::of_delivery(&message.delivery).ok(),
        message_id: message_id(properties),
        reason: reason(properties),
    }
}

fn message_id(properties: &BasicProperties) -> Option<String> {
    properties.message_id().as_ref().map(ToString::to_string)
}

fn reason(properties: &BasicProperties) -> Option<String> {
    match properties
        .headers()
        .as_ref()?
        .inner()
        .get("x-first-death-reason")?
    {
        AMQPValue::LongString(reason) => Some(reason.to_string()),
        _ => None,
    }
}

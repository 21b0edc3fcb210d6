//! What the user of a service may do in the broker, tried without reading or publishing anything: each question is one that the
//! broker refuses for another reason as soon as it has found that the user may ask it.

use std::time::Duration;

use futures::future::BoxFuture;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, ErrorKind};

use super::{Broker, BrokerError, Session, in_time};
use crate::{EventType, QueueSpec};

const LIMIT: Duration = Duration::from_secs(5);

type Asking = BoxFuture<'static, Result<(), lapin::Error>>;

impl Broker {
    /// What the service has to do in the broker and its user may not, in the broker's own words; empty when nothing is missing. It
    /// has to read its queue and what is parked of it, and to publish each of its events. Nothing is read or published; the
    /// broker logs each question as an error of a channel. What is to be there is declared or looked for before ([`Broker::declare`]).
    ///
    /// # Errors
    /// As [`Broker::declare`].
    pub async fn missing_rights(&self) -> Result<Vec<String>, BrokerError> {
        let session = self.open("check").await?;
        let missing = self.refused(&session).await;
        session.close().await;
        missing
    }

    async fn refused(&self, session: &Session) -> Result<Vec<String>, BrokerError> {
        let mut missing = Vec::new();
        let queue = QueueSpec::of_service(self.service());
        for name in queue.into_iter().flat_map(|queue| [queue.name, queue.parked]) {
            let queue = self.name(name);
            let words = refusal(session, |channel| read(channel, queue)).await?;
            missing.extend(words.map(|words| format!("may not read: {words}")));
        }
        for event in EventType::of_publisher(self.service()) {
            let exchange = self.exchange();
            let words = refusal(session, |channel| publish(channel, exchange, event)).await?;
            missing.extend(words.map(|words| format!("may not publish: {words}")));
        }
        // The same right may be missing for several events.
        missing.dedup();
        Ok(missing)
    }
}

/// The broker's words, if the user has no right to ask for this. A refusal takes the channel with it.
async fn refusal(
    session: &Session,
    question: impl FnOnce(Channel) -> Asking,
) -> Result<Option<String>, BrokerError> {
    let asking = async { question(session.connection.create_channel().await?).await };
    let source = match in_time(LIMIT, "asking for rights", asking).await {
        Ok(()) => return Ok(None),
        Err(BrokerError::Failed { source, .. }) => source,
        Err(error) => return Err(error),
    };
    if let ErrorKind::ProtocolError(told) = source.kind() {
        match told.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                return Ok(Some(told.get_message().to_string()));
            }
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => return Ok(None),
            _ => {}
        }
    }
    let doing = "asking for rights";
    Err(BrokerError::Failed { doing, source })
}

/// With a priority that is no number. A broker that took it would hand out one message at most, and have it back at once.
fn read(channel: Channel, queue: String) -> Asking {
    Box::pin(async move {
        channel.basic_qos(1, BasicQosOptions::default()).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-priority".into(), AMQPValue::LongString("none".into()));
        let options = BasicConsumeOptions::default();
        channel
            .basic_consume(queue.into(), "".into(), options, arguments)
            .await?;
        Ok(())
    })
}

/// In the name of another user, and with an end that is no time: each alone is refused.
fn publish(channel: Channel, exchange: String, event: EventType) -> Asking {
    Box::pin(async move {
        // The refusal closes the channel, and whoever waits for a confirmation is told why.
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let properties = BasicProperties::default()
            .with_user_id("nobody".into())
            .with_expiration("never".into());
        let options = BasicPublishOptions::default();
        channel
            .basic_publish(
                exchange.into(),
                event.routing_key().into(),
                options,
                b"",
                properties,
            )
            .await?
            .await?;
        Ok(())
    })
}

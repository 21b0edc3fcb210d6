//! Publishes a batch and finds out what the broker made of each message.

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, PublisherConfirm};
use time::OffsetDateTime;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::broker::{BrokerError, in_time};
use crate::outbox::OutboxRow;
use crate::{Received, measures, spans, timestamp};

/// For writing and confirming a whole batch. A broker under alarm reads nothing and would keep us waiting for ever.
const CONFIRM_LIMIT: Duration = Duration::from_secs(5);

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Confirmed, and not returned: a quorum of the broker has it in at least one queue.
    Published,
    /// Came back: no queue is bound to its key. The broker confirms it nevertheless.
    Returned,
    /// The broker refused to take it.
    Refused,
    /// No answer in time, or the connection broke: the broker may have it or not.
    Unconfirmed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Returned => "returned",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// From where to where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    /// The service that publishes.
    pub(super) publisher: &'a str,
    /// The exchange.
    pub(super) exchange: &'a str,
}

/// Puts the channel into confirm mode: without it, a publish "succeeds" before the broker has seen it.
pub(super) async fn want_confirms(channel: &Channel) -> Result<(), BrokerError> {
    let select = channel.confirm_select(ConfirmSelectOptions::default());
    in_time(CONFIRM_LIMIT, "asking for confirms", select).await
}

/// Publishes all rows, `now`, before it waits for the first confirm. One outcome a row, in order.
pub(super) async fn publish(
    channel: &Channel,
    names: Names<'_>,
    rows: &[OutboxRow],
    now: OffsetDateTime,
) -> Vec<Outcome> {
    let deadline = Instant::now() + CONFIRM_LIMIT;
    let mut sent = Vec::with_capacity(rows.len());
    for row in rows {
        let span = spans::publishing(&row.event, names.exchange);
        sent.push((send(channel, names, &row.event, &span, now, deadline).await, span));
    }
    let mut outcomes = Vec::with_capacity(rows.len());
    for (row, (confirm, span)) in rows.iter().zip(sent) {
        let outcome = outcome(confirm, deadline).await;
        note(&row.event, outcome, &span);
        outcomes.push(outcome);
    }
    outcomes
}

/// Writes one message; `None` when that did not work in time.
async fn send(
    channel: &Channel,
    names: Names<'_>,
    event: &Received,
    span: &Span,
    now: OffsetDateTime,
    deadline: Instant,
) -> Option<PublisherConfirm> {
    let traced = Received {
        traceparent: spans::traceparent(span, event),
        ..event.clone()
    };
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let key = event.event_type.routing_key();
    let sending = channel.basic_publish(
        names.exchange.into(),
        key.into(),
        options,
        &event.payload,
        timestamp::stamped(traced.properties(names.publisher), now),
    );
    timeout_at(deadline, sending).await.ok()?.ok()
}

async fn outcome(confirm: Option<PublisherConfirm>, deadline: Instant) -> Outcome {
    let Some(confirm) = confirm else {
        return Outcome::Unconfirmed;
    };
    match timeout_at(deadline, confirm).await {
        Ok(Ok(Confirmation::Ack(None))) => Outcome::Published,
        Ok(Ok(Confirmation::Ack(Some(_)))) => Outcome::Returned,
        Ok(Ok(Confirmation::Nack(_))) => Outcome::Refused,
        Ok(Ok(Confirmation::NotRequested) | Err(_)) | Err(_) => Outcome::Unconfirmed,
    }
}

fn note(event: &Received, outcome: Outcome, span: &Span) {
    measures::published(event.event_type, outcome.as_str());
    if outcome != Outcome::Published {
        spans::failed(span, outcome.as_str());
        tracing::warn!(
            event = %event.event_type, id = %event.id, outcome = outcome.as_str(), "message not published, will retry"
        );
    }
}

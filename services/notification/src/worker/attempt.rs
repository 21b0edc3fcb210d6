//! One attempt at one delivery.

mod write;

use time::OffsetDateTime;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::books::Books;
use crate::context::Context;
use crate::domain::{self, Claimed, Jitter, Lease, Outcome, Rendered, RetryConditions, RetryDecision};
use crate::smtp::Conversation;
use crate::{measures, spans};

/// A message that the server is waiting for.
struct Announced {
    conversation: Conversation,
    rendered: Rendered,
    span: Span,
}

/// The dot must not be written.
#[derive(Debug)]
struct Withheld;

/// What an attempt came to, and what the delivery becomes by it.
#[derive(Debug)]
pub(super) struct Attempted {
    pub(super) outcome: Outcome,
    pub(super) decision: RetryDecision,
}

/// Tries to send a delivery. When `stop` is cancelled before the message is handed over, it goes back to the queue.
pub(super) async fn attempt(
    context: &Context,
    books: &Books,
    claimed: &Claimed,
    stop: &CancellationToken,
) -> Attempted {
    let (started, mut expire_time) = (Instant::now(), None);
    let outcome = send(context, books, claimed, &mut expire_time, stop).await;
    let decision = decide(context, outcome.clone(), claimed, expire_time);
    Span::current().record("muster.outcome", outcome.word());
    measures::attempted(&outcome, &decision, started.elapsed());
    Attempted { outcome, decision }
}

async fn send(
    context: &Context,
    books: &Books,
    claimed: &Claimed,
    expire_time: &mut Option<OffsetDateTime>,
    stop: &CancellationToken,
) -> Outcome {
    let announced = tokio::select! {
        biased;
        () = stop.cancelled() => Err(Outcome::Stopped),
        announced = timeout(context.timing.before_dot(), announce(context, claimed, expire_time)) => {
            announced.unwrap_or(Err(Outcome::Broken))
        }
    };
    match announced {
        Ok(announced) => hand_over(context, books, announced, claimed.lease).await,
        Err(outcome) => outcome,
    }
}

/// A connection first: while the server is away nobody needs to be asked. Then the source, as late as can be.
async fn announce(
    context: &Context,
    claimed: &Claimed,
    expire_time: &mut Option<OffsetDateTime>,
) -> Result<Announced, Outcome> {
    let smtp = &context.smtp;
    let conversation = smtp.connection().await?;
    let rendered = match write::write(context, claimed, expire_time).await {
        Ok(rendered) => rendered,
        Err(outcome) => {
            smtp.settle(conversation, &outcome).await;
            return Err(outcome);
        }
    };
    let span = spans::handing_over(smtp.server_of(&conversation));
    let envelope = smtp.envelope(conversation, &rendered);
    match envelope.instrument(span.clone()).await {
        Ok(conversation) => Ok(Announced {
            conversation,
            rendered,
            span,
        }),
        Err(outcome) => {
            spans::ended(&span, &outcome);
            Err(outcome)
        }
    }
}

async fn hand_over(context: &Context, books: &Books, announced: Announced, lease: Lease) -> Outcome {
    let Announced {
        mut conversation,
        rendered,
        span,
    } = announced;
    let wait = context.smtp.options().reply_wait;
    let message = conversation.message(&rendered, reach_dot(books, lease, rendered.sha256()), wait);
    let outcome = message.instrument(span.clone()).await;
    spans::ended(&span, &outcome);
    context.smtp.settle(conversation, &outcome).await;
    outcome
}

/// From here on a crash is ambiguous; and whoever has lost the lease must not go on.
async fn reach_dot(books: &Books, lease: Lease, sha256: [u8; 32]) -> Result<(), Withheld> {
    match books.reach_dot(lease, sha256).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            measures::lease_lost();
            tracing::warn!("the lease on a delivery was lost before the message was handed over");
            Err(Withheld)
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a message was held back");
            Err(Withheld)
        }
    }
}

fn decide(
    context: &Context,
    outcome: Outcome,
    claimed: &Claimed,
    expire_time: Option<OffsetDateTime>,
) -> RetryDecision {
    let conditions = RetryConditions {
        now: context.clock.now(),
        expire_time,
        jitter: Jitter::of(context.clock.new_uuid()),
        resend_after: context.timing.resend_after,
    };
    domain::decide(outcome, claimed.history, conditions)
}

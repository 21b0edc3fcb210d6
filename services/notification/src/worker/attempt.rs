//! One attempt at one delivery.

mod write;

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::books::Books;
use crate::context::Context;
use crate::domain::{self, Claimed, Jitter, Lease, Outcome, RetryConditions, RetryDecision};
use crate::mails::Rendered;
use crate::smtp::Conversation;
use crate::{measures, spans};

/// How old the source's answer may be at the final dot: a server that took longer to get there is told nothing that was taken back
/// meanwhile.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A message that the server is waiting for.
struct Announced {
    conversation: Conversation,
    rendered: Rendered,
    /// When its source was asked.
    asked: Instant,
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
        Ok(announced) => hand_over(context, books, announced, claimed).await,
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
    let asked = Instant::now();
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
            asked,
            span,
        }),
        Err(outcome) => {
            spans::ended(&span, &outcome);
            Err(outcome)
        }
    }
}

async fn hand_over(context: &Context, books: &Books, announced: Announced, claimed: &Claimed) -> Outcome {
    let Announced {
        mut conversation,
        rendered,
        asked,
        span,
    } = announced;
    let wait = context.smtp.options().reply_wait;
    let at_dot = async {
        still_wanted(context, claimed, asked).await?;
        reach_dot(books, claimed.lease, rendered.sha256()).await
    };
    let message = conversation.message(&rendered, at_dot, wait);
    let outcome = message.instrument(span.clone()).await;
    spans::ended(&span, &outcome);
    context.smtp.settle(conversation, &outcome).await;
    outcome
}

/// Asks again when the server has taken its time: until the dot a message can be kept back. Without an answer it goes on: it was
/// wanted when it was begun, and whoever took it back since was told that it may come.
async fn still_wanted(context: &Context, claimed: &Claimed, asked: Instant) -> Result<(), Withheld> {
    if asked.elapsed() < ASKED_AGAIN_AFTER {
        return Ok(());
    }
    match context.sources.mail(&claimed.request).await {
        Err(Outcome::Unwanted) => {
            tracing::info!("a message was kept back at the final dot: it is not wanted any more");
            Err(Withheld)
        }
        _ => Ok(()),
    }
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

//! One attempt at one delivery.

mod write;

use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::books::Books;
use super::turns::{Turn, Turns};
use crate::context::Context;
use crate::domain::{self, Claimed, Jitter, Lease, Outcome, RetryConditions, RetryDecision};
use crate::mails::Rendered;
use crate::smtp::Conversation;
use crate::{measures, spans};
use write::write;

/// How old the source's answer may be at the final dot: a server that took longer to get there is told nothing that was taken back
/// meanwhile.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is known of an attempt whatever it comes to.
#[derive(Debug, Default)]
struct Course {
    /// Until when what the message is about can be used, as its source says.
    expire_time: Option<OffsetDateTime>,
    /// Its source answered that it is wanted, and takes it to be on its way since.
    is_awaited: bool,
    /// Its place among those whose outcome is not written down.
    unsettled: Option<OwnedSemaphorePermit>,
}

/// A message as its source says it.
struct Written {
    rendered: Rendered,
    /// Of the message without its signatures: what a second copy is compared by.
    sha256: [u8; 32],
    /// When the source was asked.
    asked: Instant,
}

/// A message that the server is waiting for.
struct Announced {
    conversation: Conversation,
    written: Written,
    span: Span,
    talking: OwnedSemaphorePermit,
}

/// The dot must not be written.
#[derive(Debug)]
struct Withheld;

/// What an attempt came to, and what the delivery becomes by it.
#[derive(Debug)]
pub(super) struct Attempted {
    pub(super) outcome: Outcome,
    pub(super) decision: RetryDecision,
    /// Whether its source takes it to be on its way.
    pub(super) is_awaited: bool,
    /// Until it is written down.
    _unsettled: Option<OwnedSemaphorePermit>,
}

/// Tries to send a delivery. When `stop` is cancelled before the message is handed over, it goes back to the queue.
pub(super) async fn attempt(
    context: &Context,
    books: &Books,
    turns: &Turns,
    claimed: &Claimed,
    stop: &CancellationToken,
) -> Attempted {
    let (started, mut course) = (Instant::now(), Course::default());
    let announced = tokio::select! {
        biased;
        () = stop.cancelled() => Err(Outcome::Stopped),
        announced = announce(context, turns, claimed, &mut course) => announced,
    };
    let outcome = match announced {
        Ok(announced) => hand_over(context, books, announced, claimed).await,
        Err(outcome) => outcome,
    };
    let decision = decide(context, outcome.clone(), claimed, course.expire_time);
    Span::current().record("muster.outcome", outcome.word());
    measures::attempted(&outcome, &decision, started.elapsed());
    Attempted {
        outcome,
        decision,
        is_awaited: course.is_awaited,
        _unsettled: course.unsettled,
    }
}

/// Whose turn it is has a connection first: while the server is away nobody needs to be asked. Then the source is asked, as late as can
/// be. While others have all turns, it is asked meanwhile, with all who wait.
async fn announce(
    context: &Context,
    turns: &Turns,
    claimed: &Claimed,
    course: &mut Course,
) -> Result<Announced, Outcome> {
    let before_dot = context.timing.before_dot();
    let (turn, written) = match turns.free() {
        Some(turn) => (turn, None),
        None => {
            let written = write(context, claimed, course).await?;
            // Begun later, an attempt could outlast its lease. Nobody is to blame for that: it goes back as if it had not begun.
            let turn = timeout(before_dot / 2, turns.next()).await;
            (turn.ok().flatten().ok_or(Outcome::Stopped)?, Some(written))
        }
    };
    let Turn { talking, unsettled } = turn;
    course.unsettled = Some(unsettled);
    let meeting = meet(context, claimed, course, written);
    let (conversation, written, span) = timeout(before_dot, meeting)
        .await
        .unwrap_or(Err(Outcome::Broken))?;
    Ok(Announced {
        conversation,
        written,
        span,
        talking,
    })
}

/// Comes as far as where the server waits for the message.
async fn meet(
    context: &Context,
    claimed: &Claimed,
    course: &mut Course,
    written: Option<Written>,
) -> Result<(Conversation, Written, Span), Outcome> {
    let smtp = &context.smtp;
    let conversation = smtp.connection().await?;
    let written = match written {
        Some(written) => Ok(written),
        None => write(context, claimed, course).await,
    };
    let written = match written {
        Ok(written) => written,
        Err(outcome) => {
            smtp.settle(conversation, &outcome).await;
            return Err(outcome);
        }
    };
    let span = spans::handing_over(smtp.server_of(&conversation));
    let envelope = smtp.envelope(conversation, &written.rendered);
    match envelope.instrument(span.clone()).await {
        Ok(conversation) => Ok((conversation, written, span)),
        Err(outcome) => {
            spans::ended(&span, &outcome);
            Err(outcome)
        }
    }
}

async fn hand_over(context: &Context, books: &Books, announced: Announced, claimed: &Claimed) -> Outcome {
    let Announced {
        mut conversation,
        written: Written {
            rendered,
            sha256,
            asked,
        },
        span,
        talking,
    } = announced;
    let wait = context.smtp.options().reply_wait;
    let at_dot = async {
        still_wanted(context, claimed, asked).await?;
        reach_dot(books, claimed.lease, sha256).await
    };
    let message = conversation.message(&rendered, at_dot, wait);
    let outcome = message.instrument(span.clone()).await;
    spans::ended(&span, &outcome);
    context.smtp.settle(conversation, &outcome).await;
    // Whoever is next finds the connection.
    drop(talking);
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

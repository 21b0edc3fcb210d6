//! What becomes of a delivery after an attempt.

use std::time::Duration;

use time::OffsetDateTime;

use super::schedule::{self, Jitter};
use super::{DeliveryState, History, Reply};

/// How an attempt ended. Up to the final dot, and with every reply of the server, the outcome is definite; a broken
/// connection or a crash after the dot is ambiguous (RFC 1047).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took the message (2xx after the dot).
    Taken(Reply),
    /// The server refused it for good (5xx).
    Refused(Reply),
    /// The server asked to come back later (4xx).
    Postponed(Reply),
    /// There was no server to talk to, or it did not want to talk.
    Unreachable(Option<Reply>),
    /// The connection broke before the message was handed over.
    Broken,
    /// The connection broke, or the worker died, after the message may have been handed over.
    Ambiguous,
    /// The message cannot be written: what its source told makes no mail.
    Unmailable,
    /// It is no longer wanted.
    Unwanted,
    /// Its source answered, and had no mail to give now: the organization is suspended, or the source is broken.
    Unasked,
    /// Its source did not answer.
    SourceAway,
    /// The worker stopped, or died, before the message was handed over.
    Stopped,
}

/// What decides, besides the outcome and the history, whether and when a delivery is tried again.
#[derive(Debug, Clone, Copy)]
pub struct RetryConditions {
    /// Now.
    pub now: OffsetDateTime,
    /// Until when the thing that the message is about can be used, when its source was asked.
    pub expire_time: Option<OffsetDateTime>,
    /// Spreads the delays.
    pub jitter: Jitter,
    /// How long to wait before the one resend of a message that may have been taken.
    pub resend_after: Duration,
}

/// What a delivery becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Tried again, without a word to anybody.
    Queued(OffsetDateTime),
    /// Tried again because the server could not take it.
    Deferred(OffsetDateTime),
    /// Taken by the server, at this time.
    Sent(OffsetDateTime),
    /// It may have been sent; nothing more is done.
    Uncertain,
    /// Not sent, and not tried again.
    Failed,
    /// Not sent, because not wanted.
    Dropped,
}

/// What an attempt changes: whether and when the delivery is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryDecision {
    /// What it becomes.
    pub disposition: Disposition,
    /// The counts after it.
    pub history: History,
    /// The server's reply, when there was one.
    pub reply: Option<Reply>,
}

/// Decides what becomes of a delivery. A message that may have been taken once is never again called failed or
/// dropped: what can be said of it is that it may have been sent.
#[must_use]
pub fn decide(outcome: Outcome, mut history: History, conditions: RetryConditions) -> RetryDecision {
    let RetryConditions { now, jitter, .. } = conditions;
    history.attempts += i32::from(outcome.is_attempt());
    let unasked = history.unasked;
    history.unasked = match outcome {
        Outcome::Unasked => unasked.saturating_add(1),
        // Nobody tried to ask.
        Outcome::Stopped | Outcome::Unreachable(_) | Outcome::SourceAway => unasked,
        _ => 0,
    };
    let (disposition, reply) = match outcome {
        Outcome::Taken(reply) => (Disposition::Sent(now), Some(reply)),
        Outcome::Refused(reply) => (Disposition::Failed, Some(reply)),
        Outcome::Postponed(reply) => {
            let at = schedule::after_deferral(history.deferrals, now, jitter);
            history.deferrals = history.deferrals.saturating_add(1);
            (in_time(at, &history, conditions), Some(reply))
        }
        Outcome::Unreachable(reply) => (broke(&mut history, conditions), reply),
        Outcome::Broken => (broke(&mut history, conditions), None),
        Outcome::Ambiguous if history.ambiguous_resends == 0 => {
            history.ambiguous_resends = 1;
            // Not in time any more: its source will not want it then, and it becomes uncertain by that.
            return RetryDecision {
                disposition: Disposition::Queued(now + conditions.resend_after),
                history,
                reply: None,
            };
        }
        Outcome::Ambiguous => (Disposition::Uncertain, None),
        Outcome::Unmailable => (Disposition::Failed, None),
        Outcome::Unwanted => (Disposition::Dropped, None),
        // For as long as it takes: only its source knows until when it is wanted.
        Outcome::Unasked => (
            Disposition::Queued(schedule::after_unasked(unasked, now, jitter)),
            None,
        ),
        // The worker asks about one mail at a time until somebody answers; the next time about another one.
        Outcome::SourceAway => (
            Disposition::Queued(schedule::after_source_away(now, jitter)),
            None,
        ),
        Outcome::Stopped => (Disposition::Queued(now), None),
    };
    let disposition = match disposition {
        Disposition::Failed | Disposition::Dropped if history.ambiguous_resends > 0 => Disposition::Uncertain,
        disposition => disposition,
    };
    RetryDecision {
        disposition,
        history,
        reply,
    }
}

fn broke(history: &mut History, conditions: RetryConditions) -> Disposition {
    let at = schedule::after_break(history.breaks, conditions.now, conditions.jitter);
    history.breaks = history.breaks.saturating_add(1);
    in_time(at, history, conditions)
}

fn in_time(at: OffsetDateTime, history: &History, conditions: RetryConditions) -> Disposition {
    if at <= schedule::give_up_at(history.due_time, conditions.expire_time) {
        Disposition::Deferred(at)
    } else {
        Disposition::Failed
    }
}

impl Outcome {
    /// Whether the message, or its envelope, was handed to a mail server.
    fn is_attempt(&self) -> bool {
        match self {
            Self::Taken(_) | Self::Refused(_) | Self::Postponed(_) | Self::Broken | Self::Ambiguous => true,
            Self::Unreachable(_)
            | Self::Unmailable
            | Self::Unwanted
            | Self::Unasked
            | Self::SourceAway
            | Self::Stopped => false,
        }
    }

    /// The server's reply, when there was one.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Taken(reply) | Self::Refused(reply) | Self::Postponed(reply) => Some(reply),
            Self::Unreachable(reply) => reply.as_ref(),
            _ => None,
        }
    }

    /// One of a few fixed words, for metrics and spans.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Taken(_) => "taken",
            Self::Refused(_) => "refused",
            Self::Postponed(_) => "postponed",
            Self::Unreachable(_) => "unreachable",
            Self::Broken => "broken",
            Self::Ambiguous => "ambiguous",
            Self::Unmailable => "unmailable",
            Self::Unwanted => "unwanted",
            Self::Unasked => "unasked",
            Self::SourceAway => "source_away",
            Self::Stopped => "stopped",
        }
    }
}

impl Disposition {
    /// The state that it leaves the delivery in.
    #[must_use]
    pub fn state(self) -> DeliveryState {
        match self {
            Self::Queued(_) => DeliveryState::Queued,
            Self::Deferred(_) => DeliveryState::Deferred,
            Self::Sent(_) => DeliveryState::Sent,
            Self::Uncertain => DeliveryState::Uncertain,
            Self::Failed => DeliveryState::Failed,
            Self::Dropped => DeliveryState::Dropped,
        }
    }

    /// When it is tried next, if it is.
    #[must_use]
    pub fn next_attempt_time(self) -> Option<OffsetDateTime> {
        match self {
            Self::Queued(at) | Self::Deferred(at) => Some(at),
            Self::Sent(_) | Self::Uncertain | Self::Failed | Self::Dropped => None,
        }
    }

    /// When the server took it, if it did.
    #[must_use]
    pub fn send_time(self) -> Option<OffsetDateTime> {
        match self {
            Self::Sent(at) => Some(at),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

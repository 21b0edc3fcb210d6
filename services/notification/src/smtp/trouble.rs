//! Why there is no conversation with a mail server, in the words of whoever has to mend it.

use std::io;

use thiserror::Error;

use crate::domain::{Outcome, Reply};

/// What went wrong before the first message. No message is part of it, so replies are told with their text.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The name has no address, or the name server did not answer.
    #[error("its name has no address")]
    Unresolved(#[source] io::Error),
    /// None of its addresses could be connected to.
    #[error("it cannot be connected to")]
    Unconnected(#[source] io::Error),
    /// It hung up, or said something that is no reply.
    #[error("the connection broke while {0}")]
    Broken(Step, #[source] io::Error),
    /// It refused to talk.
    #[error("it refused {0}: {reply}", reply = .1.text())]
    Refused(Step, Reply),
    /// It took too long.
    #[error("it took longer than allowed to connect and to say hello")]
    TimedOut,
}

/// How far the beginning of a conversation had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO, or HELO.
    Hello,
}

impl Trouble {
    /// One of a few fixed words, for metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unresolved(_) => "unresolved",
            Self::Unconnected(_) => "unconnected",
            Self::Broken(..) => "broken",
            Self::Refused(..) => "refused",
            Self::TimedOut => "timed_out",
        }
    }

    /// What it is for a message that waits.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Refused(_, reply) => Outcome::Unreachable(Some(reply)),
            _ => Outcome::Unreachable(None),
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Hello => "saying hello",
        })
    }
}

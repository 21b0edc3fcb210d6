//! Why there is no conversation with a mail server, in the words of whoever has to mend it.

use std::io;

use thiserror::Error;

use super::login::SecretProblem;
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
    #[error("the connection broke at {0}")]
    Broken(Step, #[source] io::Error),
    /// It refused to talk.
    #[error("it refused at {0}: {reply}", reply = .1.text())]
    Refused(Step, Reply),
    /// It took too long.
    #[error("connecting and saying hello took longer than it may")]
    TimedOut,
    /// It does not offer STARTTLS, and nothing may travel readable.
    #[error("it does not offer STARTTLS; where that is as it should be, its URL says ?tls=none")]
    NoTls,
    /// It said something in clear text that was to be believed as said under TLS.
    #[error("it, or somebody on the way, said more than it was asked before TLS began")]
    Injected,
    /// The handshake failed: its certificate, its name, its versions.
    #[error("TLS could not be begun")]
    Tls(#[source] io::Error),
    /// The file of the secret is not as it was when the process started.
    #[error("there is no secret to log in with")]
    Secret(#[from] SecretProblem),
    /// It knows no way to log in that we know.
    #[error("it offers no way to log in with such a secret, but \"{0}\"")]
    NoMechanism(String),
    /// It asks for a login before it takes a message.
    #[error("it takes no message from us: {0}")]
    NotAllowed(Reply),
}

/// A step of the beginning of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// EHLO, or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Login,
}

impl Trouble {
    /// One of a few fixed words, for metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unresolved(_) => "unresolved",
            Self::Unconnected(_) => "unconnected",
            Self::Broken(..) => "broken",
            Self::Refused(Step::Login, _) => "login_refused",
            Self::Refused(..) => "refused",
            Self::TimedOut => "timed_out",
            Self::NoTls | Self::Injected | Self::Tls(_) => "tls",
            Self::Secret(_) => "secret",
            Self::NoMechanism(_) => "no_mechanism",
            Self::NotAllowed(_) => "not_allowed",
        }
    }

    /// What it is for a message that waits: it waits on. None of these is about the message.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(_, reply) | Self::NotAllowed(reply) => Outcome::Unreachable(Some(reply.clone())),
            _ => Outcome::Unreachable(None),
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login => "AUTH",
        })
    }
}

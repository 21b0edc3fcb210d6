//! The conversation with the mail server (RFC 5321), so that a definite outcome can be told from an ambiguous one.
//!
//! lettre's own transport hides how far it came when the connection breaks, and its sockets wait 40 ms for an
//! acknowledgement at every mail. Here its protocol runs over a [`wire`](self) of our own: without delay, and with a
//! gate that holds the final dot back until it has been written down that it will be sent.

mod conversation;
mod pool;
mod url;
mod wire;

pub use conversation::Conversation;
pub use pool::{Smtp, SmtpOptions};
pub use url::{SmtpUrl, SmtpUrlProblem};

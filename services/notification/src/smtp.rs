//! The conversation with a mail server (RFC 5321), so that a definite outcome can be told from an ambiguous one.
//!
//! The libraries that send mail hide how far they came when the connection breaks. Here everything but the final dot
//! is handed to the operating system first; then it is written down that the message may be taken from now on; then the
//! system is asked whether the server is still there; and only then the dot is written. An error before the system has
//! got a byte of it is definite, whatever it was.

mod answer;
mod conversation;
mod extensions;
mod open;
mod pool;
mod stream;
mod transparency;
mod trouble;
mod url;
mod wire;

pub use conversation::Conversation;
pub use pool::{Smtp, SmtpOptions};
pub use trouble::{Step, Trouble};
pub use url::{SmtpUrl, SmtpUrlProblem};

//! The conversation with a mail server (RFC 5321), so that a definite outcome can be told from an ambiguous one.
//!
//! The libraries that send mail hide how far they came when the connection breaks. Here everything but the final dot
//! is handed to the operating system first; then it is written down that the message may be taken from now on; then the
//! system is asked whether the server is still there; and only then the dot is written. An error before the system has
//! got a byte of it is definite, whatever it was.

//! Over TLS it is the same: the dot is held back above it, and what "the system has got" counts is below it.

mod answer;
mod connect;
mod conversation;
mod dkim;
mod extensions;
mod hello;
mod login;
mod open;
mod pool;
mod roots;
mod sasl;
mod server;
mod servers;
mod stream;
mod tls;
mod transparency;
mod trouble;
mod url;
mod wire;

pub use conversation::Conversation;
pub use dkim::{DkimKeys, DkimKeysProblem, Unsigned};
pub use hello::{HelloName, HelloNameProblem};
pub use login::{Login, SecretFile, SecretProblem};
pub use pool::{Smtp, SmtpOptions};
pub use roots::{Roots, RootsProblem};
pub use servers::{SmtpServers, SmtpServersProblem};
pub use tls::Tls;
pub use trouble::{Step, Trouble};
pub use url::{Encryption, SmtpUrl, UrlProblem};

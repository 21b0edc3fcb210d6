//! TLS as the suite speaks it: 1.3 and 1.2 (RFC 8446, RFC 5246) by one backend, with certificates and authorities in files that are looked
//! at again while a process runs, so that nobody restarts anything when they are renewed.
//!
//! [`ServerTls`] ends it where connections arrive, and asks services for certificates of their own if it is told to; [`Trust`] begins it to
//! other services, checks that the other side is who the URL names, and shows it a certificate if it asks.

mod authorities;
mod certificate;
mod files;
mod own;
mod problem;
mod server;
mod trust;

pub use files::Files;
pub use problem::TlsProblem;
pub use server::ServerTls;
pub use trust::Trust;

/// HTTP/2 as an application protocol (RFC 7301).
pub const H2: &[u8] = b"h2";
/// HTTP/1.1 as an application protocol.
pub const HTTP1: &[u8] = b"http/1.1";

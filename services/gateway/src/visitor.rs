//! From which network address somebody calls: what calls are counted by until somebody has signed in.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Who is at the other end. The listener puts it into each request, and the pages into the calls that they make for
/// somebody; no header is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    /// The network address: of the connection, or of whom a trusted proxy says that it speaks for.
    pub(crate) address: IpAddr,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        // Nobody known: all of them together are one.
        let unknown = Self {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        Ok(parts.extensions.get().copied().unwrap_or(unknown))
    }
}

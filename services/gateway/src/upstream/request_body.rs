//! What is sent to a service.

use std::fmt;

use bytes::Bytes;
use tonic::body::Body;

/// The body of a request.
pub(crate) enum RequestBody {
    /// All of it, as of every unary call; it may be empty.
    Whole(Option<Bytes>),
    /// Messages that come one by one. An error in between cuts the request off.
    Stream(Body),
}

impl RequestBody {
    /// The same once more; `None` of messages that come one by one, which are gone once they were sent.
    pub(super) fn again(&self) -> Option<Self> {
        match self {
            Self::Whole(message) => Some(Self::Whole(message.clone())),
            Self::Stream(_) => None,
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(message) => write!(f, "{} bytes", message.as_ref().map_or(0, Bytes::len)),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}

//! The body of a request as it comes, without trailers.
//!
//! Nobody here reads trailers of a request: gRPC has none, and JSON and forms need none. The HTTP/2 library takes trailers
//! with pseudo-headers, which are malformed (RFC 9113, section 8.1), and hides them. So a request that has trailers at all
//! is cut off, whatever they say.
//!
//! A request may be answered before its body was read: most refusals are. In HTTP/1.1 the client is then still sending, and
//! a connection that is closed under it loses the answer that is on its way, or the next request (RFC 9112, section 9.6). So
//! what is left of the body is read and thrown away, within bounds.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tonic::Status;

/// How long what is left may take to come.
const REST_TIME: Duration = Duration::from_secs(5);
/// The most bytes of it: as many as the largest file that the contract takes has.
const MAX_REST: usize = 32 * 1024 * 1024;

/// The body of a request.
#[derive(Debug)]
pub(super) struct RequestBody {
    /// `None` once it has ended.
    incoming: Option<Incoming>,
    is_http1: bool,
    /// Whether the client sends it without being asked to.
    comes: bool,
}

impl RequestBody {
    /// The request with its body.
    pub(super) fn of(request: Request<Incoming>) -> Request<Self> {
        let is_http1 = request.version() < Version::HTTP_2;
        let comes = !asks_before_sending(request.headers());
        request.map(|incoming| Self {
            incoming: Some(incoming),
            is_http1,
            comes,
        })
    }
}

/// Whoever waits for a word before sending (RFC 9110, section 10.1.1) sends nothing after a refusal, and reading would be
/// that word.
fn asks_before_sending(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let next = std::task::ready!(Pin::new(incoming).poll_frame(context));
        let next = next.map(|frame| match frame {
            Ok(frame) if frame.is_trailers() => Err(Status::cancelled("the request has trailers")),
            Ok(frame) => Ok(frame),
            Err(_) => Err(Status::cancelled("the request broke off")),
        });
        match &next {
            Some(Ok(_)) => self.comes = true,
            Some(Err(_)) | None => self.incoming = None,
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        // HTTP/2 ends the stream alone, and tells the client so.
        if !self.is_http1 || !self.comes || self.is_end_stream() {
            return;
        }
        if let (Some(incoming), Ok(runtime)) = (self.incoming.take(), Handle::try_current()) {
            runtime.spawn(timeout(REST_TIME, discard(incoming)));
        }
    }
}

/// Reads to the end, or as much as is bearable; the connection is closed when it is dropped before the end.
async fn discard(mut rest: Incoming) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = rest.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_REST {
            return;
        }
    }
}

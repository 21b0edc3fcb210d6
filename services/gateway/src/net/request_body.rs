//! The body of a request as it comes, without trailers.
//!
//! Nobody here reads trailers of a request: gRPC has none, and JSON and forms need none. The HTTP/2 library takes trailers
//! with pseudo-headers, which are malformed (RFC 9113, section 8.1), and hides them. So a request that has trailers at all
//! is cut off, whatever they say.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tonic::Status;

/// The body of a request.
#[derive(Debug)]
pub(super) struct RequestBody(pub(super) Incoming);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.0).poll_frame(context).map(|next| {
            next.map(|frame| match frame {
                Ok(frame) if frame.is_trailers() => Err(Status::cancelled("the request has trailers")),
                Ok(frame) => Ok(frame),
                Err(_) => Err(Status::cancelled("the request broke off")),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

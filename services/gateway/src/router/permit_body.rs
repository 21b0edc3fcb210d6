//! A body that holds a permit until its last byte is written.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

/// The body of an answer; what it holds is dropped with it.
pub(super) struct PermitBody<P> {
    body: Body,
    _permit: P,
}

impl<P: Send + Unpin + 'static> PermitBody<P> {
    /// This body, holding this permit.
    pub(super) fn body(body: Body, permit: P) -> Body {
        Body::new(Self {
            body,
            _permit: permit,
        })
    }
}

impl<P: Unpin> http_body::Body for PermitBody<P> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

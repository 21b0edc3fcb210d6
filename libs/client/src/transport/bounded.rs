//! A response whose body has to come before the deadline, too.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

/// A body that ends with DEADLINE_EXCEEDED at `end`.
#[derive(Debug)]
pub struct Bounded {
    body: Body,
    end: Pin<Box<Sleep>>,
}

impl Bounded {
    /// The body until then.
    #[must_use]
    pub fn new(body: Body, end: Instant) -> Self {
        Self {
            body,
            end: Box::pin(sleep_until(end)),
        }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => {
                let late = Status::deadline_exceeded("the answer did not come in time");
                Poll::Ready(Some(Err(late)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

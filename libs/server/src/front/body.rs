//! The body of an answer, watched until its last byte: its status is recorded, and a stream does not outlive its time.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;

use super::deadline::{self, IDLE, LIFE};
use super::observe::Observation;
use super::shutting_down;

/// A body that tells its observation how it ended.
pub(crate) struct Watched {
    body: Body,
    observation: Observation,
    limits: Option<Limits>,
    ended: bool,
    /// Given back with the answer.
    slot: Option<OwnedSemaphorePermit>,
}

struct Limits {
    idle: Option<Pin<Box<Sleep>>>,
    life: Pin<Box<Sleep>>,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Watched {
    pub(crate) fn new(body: Body, observation: Observation) -> Self {
        Self {
            body,
            observation,
            limits: None,
            ended: false,
            slot: None,
        }
    }

    /// A stream we send: ends when it is idle, old, or `cut`.
    pub(crate) fn stream(self, cut: CancellationToken) -> Self {
        self.cut(cut, Some(Box::pin(sleep(IDLE))))
    }

    /// A stream we send that may be silent: ends when it is old, or `cut`.
    pub(crate) fn silent_stream(self, cut: CancellationToken) -> Self {
        self.cut(cut, None)
    }

    fn cut(mut self, cut: CancellationToken, idle: Option<Pin<Box<Sleep>>>) -> Self {
        self.limits = Some(Limits {
            idle,
            life: Box::pin(sleep(LIFE)),
            cut: Some(Box::pin(cut.cancelled_owned())),
        });
        self
    }

    /// The answer holds this until its end.
    pub(crate) fn holding(mut self, slot: OwnedSemaphorePermit) -> Self {
        self.slot = Some(slot);
        self
    }

    /// An answer we wait for: ends at `deadline`.
    pub(crate) fn until(mut self, deadline: Instant) -> Self {
        self.limits = Some(Limits {
            idle: None,
            life: Box::pin(sleep_until(deadline)),
            cut: None,
        });
        self
    }

    fn seen(&mut self, frame: &mut Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_mut() {
            self.observation.ended_with(trailers);
        }
        if let Some(idle) = self.limits.as_mut().and_then(|limits| limits.idle.as_mut()) {
            idle.as_mut().reset(Instant::now() + IDLE);
        }
    }

    /// The last frame: trailers that say why.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.ended = true;
        self.slot = None;
        let mut trailers = HeaderMap::new();
        // A refusal's text and details are always valid header values.
        let _ = status.add_header(&mut trailers);
        self.observation.ended_with(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl Limits {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(shutting_down());
        }
        let idle = self
            .idle
            .as_mut()
            .is_some_and(|idle| idle.as_mut().poll(context).is_ready());
        if idle || self.life.as_mut().poll(context).is_ready() {
            return Poll::Ready(deadline::exceeded());
        }
        Poll::Pending
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let span = self.observation.span();
        let _entered = span.enter();
        if let Some(Poll::Ready(status)) = self.limits.as_mut().map(|limits| limits.poll(context)) {
            let last = self.end(&status);
            return Poll::Ready(Some(Ok(last)));
        }
        let mut polled = Pin::new(&mut self.body).poll_frame(context);
        match &mut polled {
            Poll::Ready(Some(Ok(frame))) => self.seen(frame),
            // The other side, or the way to it, broke in the middle of its answer.
            Poll::Ready(Some(Err(status))) => self.observation.ended(status.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.limits.is_some() {
            SizeHint::default()
        } else {
            self.body.size_hint()
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};
    use tonic::Code;

    use super::super::observe::Side;
    use super::*;

    #[tokio::test]
    async fn an_answer_that_breaks_off_did_not_go_away_by_itself() {
        let broken = futures::stream::iter([Err::<Frame<Bytes>, _>(Status::unavailable("made up"))]);
        let observation = Observation::begin(Side::Client, None, &HeaderMap::new());
        let mut watched = Watched::new(Body::new(StreamBody::new(broken)), observation);
        assert!(watched.frame().await.unwrap().is_err());
        assert_eq!(watched.observation.code, Some(Code::Unavailable));
    }
}

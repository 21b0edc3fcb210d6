//! The answer as the client gets it: the service's frames and trailers unchanged, within the time of the call.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use muster_refusal::Refusal;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;

use super::deadline::Time;
use super::forward::Verdict;
use super::observe::Observation;
use super::refuse;

/// What holds for an answer before it is there.
pub(super) struct Answer {
    time: Time,
    verdict: Verdict,
    permit: OwnedSemaphorePermit,
    streams: CancellationToken,
}

/// The body of an answer.
pub(super) struct Answered {
    body: Body,
    life: Pin<Box<Sleep>>,
    idle: Option<(Duration, Pin<Box<Sleep>>)>,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    verdict: Verdict,
    observation: Observation,
    ended: bool,
    /// One call of those that may run at the same time.
    _permit: OwnedSemaphorePermit,
}

impl Answer {
    pub(super) fn new(
        time: Time,
        verdict: Verdict,
        permit: OwnedSemaphorePermit,
        streams: CancellationToken,
    ) -> Self {
        Self {
            time,
            verdict,
            permit,
            streams,
        }
    }

    /// Puts it around the service's body.
    pub(super) fn of(self, body: Body, observation: Observation) -> Answered {
        let idle = self.time.idle().map(|limit| (limit, Box::pin(sleep(limit))));
        Answered {
            body,
            life: Box::pin(sleep_until(self.time.end())),
            // Unary answers end by themselves, and soon.
            cut: idle.is_some().then(|| Box::pin(self.streams.cancelled_owned())),
            idle,
            verdict: self.verdict,
            observation,
            ended: false,
            _permit: self.permit,
        }
    }
}

impl Answered {
    /// Whether the call's time is up, one way or another.
    fn over(&mut self, context: &mut Context<'_>) -> Option<Refusal> {
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(context).is_ready()
        {
            return Some(refuse::shutting_down());
        }
        let silent = self
            .idle
            .as_mut()
            .is_some_and(|(_, sleep)| sleep.as_mut().poll(context).is_ready());
        (silent || self.life.as_mut().poll(context).is_ready()).then(refuse::too_late)
    }

    fn seen(&mut self, frame: &Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_ref() {
            self.observation.answered(trailers);
        }
        if let Some((limit, sleep)) = &mut self.idle {
            sleep.as_mut().reset(Instant::now() + *limit);
        }
    }

    /// Trailers of our own, when the service's will not come.
    fn end(&mut self, refusal: Refusal) -> Frame<Bytes> {
        self.ended = true;
        let mut trailers = HeaderMap::new();
        // Text and details of a refusal are always valid header values.
        let _ = Status::from(refusal).add_header(&mut trailers);
        self.observation.answered(&trailers);
        Frame::trailers(trailers)
    }
}

impl http_body::Body for Answered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.seen(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(_))) => {
                // The service broke off; or we cut its request off.
                let refusal = self.verdict.take().unwrap_or_else(Refusal::unavailable);
                Poll::Ready(Some(Ok(self.end(refusal))))
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => match self.over(context) {
                Some(refusal) => Poll::Ready(Some(Ok(self.end(refusal)))),
                None => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

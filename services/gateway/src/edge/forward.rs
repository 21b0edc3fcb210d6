//! The request body as the service gets it: the client's messages, each looked at before it passes.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use muster_refusal::Refusal;
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;

use super::guard::Guard;
use super::messages::Messages;
use super::refuse;

/// Why we ended the request ourselves, for whoever writes the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict(Arc<Mutex<Option<Refusal>>>);

impl Verdict {
    fn set(&self, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    /// The reason, if we ended the request.
    pub(super) fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Forwards messages as they come. The first that breaks the guard ends the call: the service sees its request cut off
/// and does nothing, the client is told why.
#[derive(Debug)]
pub(super) struct Forwarded {
    first: Option<Bytes>,
    messages: Messages,
    guard: Guard,
    idle: Option<(Duration, Pin<Box<Sleep>>)>,
    verdict: Verdict,
}

impl Forwarded {
    /// `first` was read and looked at already. With `idle`, the client may be silent for that long only.
    pub(super) fn new(
        messages: Messages,
        first: Option<Bytes>,
        guard: Guard,
        idle: Option<Duration>,
        verdict: Verdict,
    ) -> Self {
        let idle = idle.map(|limit| (limit, Box::pin(sleep(limit))));
        Self {
            first,
            messages,
            guard,
            idle,
            verdict,
        }
    }

    /// All of the request, if nothing more is to come from the client; it is empty then.
    pub(super) fn whole(&mut self) -> Option<Option<Bytes>> {
        self.messages.has_ended().then(|| self.first.take())
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Poll::Ready(next) = self.messages.poll_next(context) else {
            return self.poll_idle(context);
        };
        if let Some((limit, sleep)) = &mut self.idle {
            sleep.as_mut().reset(Instant::now() + *limit);
        }
        Poll::Ready(next.map(|message| {
            let message = message?;
            self.guard.check(&message)?;
            Ok(message)
        }))
    }

    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        let silent = self
            .idle
            .as_mut()
            .is_some_and(|(_, sleep)| sleep.as_mut().poll(context).is_ready());
        if silent {
            Poll::Ready(Some(Err(refuse::too_late())))
        } else {
            Poll::Pending
        }
    }
}

impl http_body::Body for Forwarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.poll_message(context).map(|next| {
            next.map(|message| match message {
                Ok(message) => Ok(Frame::data(message)),
                Err(refusal) => {
                    self.verdict.set(refusal);
                    Err(Status::cancelled("the request was cut off"))
                }
            })
        })
    }
}

//! The request body as the service gets it: the client's messages, each checked before it is forwarded.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use muster_refusal::Refusal;
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use super::messages::Messages;
use super::refuse;
use super::scope_guard::ScopeGuard;
use crate::upstream::RequestBody;

/// Why the edge ended the request itself, for whoever writes the answer. Cheap to clone: clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct AbortReason(Arc<Mutex<Option<Refusal>>>);

impl AbortReason {
    fn set(&self, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    /// The reason, if the edge ended the request.
    pub(super) fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What is needed to forward messages.
pub(super) struct Forwarding {
    /// Checks every message after the first, which was checked already.
    pub(super) guard: ScopeGuard,
    /// How long the client may send nothing; `None`: for as long as the call may take.
    pub(super) idle: Option<Duration>,
    /// Where the reason goes if a message breaks the rules.
    pub(super) abort_reason: AbortReason,
}

/// The body of a request that begins with this message, which was checked already.
pub(super) fn request_body(first: Option<Bytes>, messages: Messages, forwarding: Forwarding) -> RequestBody {
    if messages.has_ended() {
        return RequestBody::Whole(first);
    }
    let idle = forwarding.idle.map(|limit| (limit, Box::pin(sleep(limit))));
    RequestBody::Stream(Body::new(ForwardedMessages {
        first,
        messages,
        guard: forwarding.guard,
        idle,
        abort_reason: forwarding.abort_reason,
    }))
}

/// Forwards messages as they come. The first that breaks the scope ends the call: the service sees its request cut off and
/// does nothing, and the client is told why.
struct ForwardedMessages {
    first: Option<Bytes>,
    messages: Messages,
    guard: ScopeGuard,
    idle: Option<(Duration, Pin<Box<Sleep>>)>,
    abort_reason: AbortReason,
}

impl ForwardedMessages {
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

impl http_body::Body for ForwardedMessages {
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
                    self.abort_reason.set(refusal);
                    Err(Status::cancelled("the request was cut off"))
                }
            })
        })
    }
}

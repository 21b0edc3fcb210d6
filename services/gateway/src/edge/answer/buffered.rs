//! An answer that is read before it is written: of one message, which most are.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use muster_refusal::Refusal;
use tonic::Status;
use tonic::body::Body;

use crate::edge::observe::Observation;
use crate::edge::request_body::AbortReason;
use crate::limits::{RequestGuard, SendBufferPermit};
use crate::upstream::ResponseBody;

/// The most that is read ahead, in bytes; the frame that goes beyond included.
const MAX_READ_AHEAD: usize = 64 * 1024;

/// What was read of an answer.
#[derive(Default)]
pub(in crate::edge) struct Buffered {
    frames: VecDeque<Frame<Bytes>>,
    bytes: usize,
    whole: bool,
}

/// Reads an answer to its end, or as much of it as may be read ahead.
pub(in crate::edge) async fn buffer(
    body: &mut ResponseBody,
    abort_reason: &AbortReason,
    observation: &mut Observation,
) -> Buffered {
    let mut read = Buffered::default();
    while read.bytes < MAX_READ_AHEAD && !read.whole {
        match body.frame().await {
            Some(Ok(frame)) => {
                frame
                    .trailers_ref()
                    .inspect(|trailers| observation.answered(trailers));
                read.push(frame);
            }
            Some(Err(_)) => {
                // The service broke off, or the edge cut its request off.
                let refusal = abort_reason.take().unwrap_or_else(Refusal::unavailable);
                read.push(observation.refusal(refusal));
            }
            None => read.whole = true,
        }
    }
    read
}

impl Buffered {
    /// Whether nothing is left to be read.
    pub(in crate::edge) fn is_whole(&self) -> bool {
        self.whole
    }

    fn push(&mut self, frame: Frame<Bytes>) {
        // Nothing comes after trailers.
        self.whole |= frame.is_trailers();
        self.bytes += frame.data_ref().map_or(0, Bytes::len);
        self.frames.push_back(frame);
    }

    /// What was read, in order.
    pub(super) fn into_frames(self) -> impl Iterator<Item = Frame<Bytes>> {
        self.frames.into_iter()
    }

    /// As a body, to be written to a connection that does not end before; `None` if too much waits for the client already.
    pub(super) fn into_body(self, guard: Option<RequestGuard>) -> Option<Body> {
        if self.frames.is_empty() {
            return Some(Body::empty());
        }
        let permit = match &guard {
            Some(guard) => Some(guard.buffer(self.bytes)?),
            None => None,
        };
        Some(Body::new(BufferedBody {
            frames: self.frames,
            _guard: guard,
            _permit: permit,
        }))
    }
}

/// Trailers and nothing before them: no flow-control window holds them up.
pub(super) fn only(trailers: Frame<Bytes>) -> Body {
    Body::new(BufferedBody {
        frames: [trailers].into(),
        _guard: None,
        _permit: None,
    })
}

struct BufferedBody {
    frames: VecDeque<Frame<Bytes>>,
    _guard: Option<RequestGuard>,
    _permit: Option<SendBufferPermit>,
}

impl http_body::Body for BufferedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

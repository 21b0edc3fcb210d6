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

use super::trailers;
use crate::connection::Running;
use crate::edge::backends::Received;
use crate::edge::forward::Verdict;
use crate::edge::observe::Observation;
use crate::unread::Waiting;

/// The most that is read ahead, in bytes; the frame that goes beyond included.
const MOST: usize = 64 * 1024;

/// What was read of an answer.
#[derive(Default)]
pub(in crate::edge) struct Read {
    frames: VecDeque<Frame<Bytes>>,
    bytes: usize,
    whole: bool,
}

/// Reads an answer to its end, or as much of it as may be read ahead.
pub(in crate::edge) async fn read(
    body: &mut Received,
    verdict: &Verdict,
    observation: &mut Observation,
) -> Read {
    let mut read = Read::default();
    while read.bytes < MOST {
        let frame = match body.frame().await {
            Some(Ok(frame)) => {
                frame
                    .trailers_ref()
                    .inspect(|trailers| observation.answered(trailers));
                frame
            }
            Some(Err(_)) => {
                // The service broke off; or we cut its request off.
                read.whole = true;
                trailers(verdict.take().unwrap_or_else(Refusal::unavailable), observation)
            }
            None => {
                read.whole = true;
                break;
            }
        };
        // Nothing comes after trailers.
        read.whole |= frame.is_trailers();
        read.bytes += frame.data_ref().map_or(0, Bytes::len);
        read.frames.push_back(frame);
        if read.whole {
            break;
        }
    }
    read
}

impl Read {
    /// Nothing is left to be read.
    pub(in crate::edge) fn is_whole(&self) -> bool {
        self.whole
    }

    /// What was read, in order.
    pub(super) fn into_frames(self) -> impl Iterator<Item = Frame<Bytes>> {
        self.frames.into_iter()
    }

    /// As a body, to be written to a connection that does not end before; `None` if too much waits there already.
    pub(super) fn written(self, running: Option<Running>) -> Option<Body> {
        if self.frames.is_empty() {
            return Some(Body::empty());
        }
        let waiting = match &running {
            Some(running) => Some(running.wait(self.bytes)?),
            None => None,
        };
        Some(Body::new(Written {
            frames: self.frames,
            _running: running,
            _waiting: waiting,
        }))
    }
}

/// Trailers and nothing before them: no window holds them up.
pub(super) fn nothing_but(trailers: Frame<Bytes>) -> Body {
    Body::new(Written {
        frames: [trailers].into(),
        _running: None,
        _waiting: None,
    })
}

struct Written {
    frames: VecDeque<Frame<Bytes>>,
    _running: Option<Running>,
    _waiting: Option<Waiting>,
}

impl http_body::Body for Written {
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

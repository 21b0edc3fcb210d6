//! Between the task that reads a service's answer and the connection that writes it to the client.
//!
//! A connection polls an answer only while the client opens its window. What must happen in time whatever the client does
//! (releasing the service and the call's permits) therefore happens in the task, on this side of the pipe.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tonic::Status;

use crate::limits::SendBufferPermit;

/// What waits for a client that does not read, in bytes; a frame may go beyond.
pub(super) const MAX_BUFFERED: usize = 64 * 1024;

/// Where frames go in.
pub(super) struct Inlet(Arc<Shared>);

/// Where the connection takes them out.
pub(super) struct Outlet {
    shared: Arc<Shared>,
    _permit: Option<SendBufferPermit>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    reader: AtomicWaker,
    taken: Notify,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame<Bytes>>,
    bytes: usize,
    /// Nothing more is put in.
    closed: bool,
    /// The connection has let go of the answer: it is written, or the client is gone.
    left: bool,
}

/// An empty pipe; the permit covers what may wait in it.
pub(super) fn new(permit: Option<SendBufferPermit>) -> (Inlet, Outlet) {
    let shared = Arc::new(Shared::default());
    let outlet = Outlet {
        shared: Arc::clone(&shared),
        _permit: permit,
    };
    (Inlet(shared), outlet)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn until(&self, met: impl Fn(&State) -> bool) {
        loop {
            let mut taken = std::pin::pin!(self.taken.notified());
            // Before looking: what happens in between is not missed.
            taken.as_mut().enable();
            if met(&self.state()) {
                return;
            }
            taken.await;
        }
    }
}

impl Inlet {
    /// Returns when there is room for a frame.
    pub(super) async fn has_room(&self) {
        self.0.until(|state| state.bytes < MAX_BUFFERED).await;
    }

    /// Returns when the connection has let go of the answer.
    pub(super) async fn left(&self) {
        self.0.until(|state| state.left).await;
    }

    /// Puts a frame in.
    pub(super) fn put(&self, frame: Frame<Bytes>) {
        let mut state = self.0.state();
        state.bytes += size(&frame);
        state.frames.push_back(frame);
        drop(state);
        self.0.reader.wake();
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.0.state().closed = true;
        self.0.reader.wake();
    }

    /// Drops what was not taken yet: this frame is all that is left to say.
    pub(super) fn cut(&self, last: Frame<Bytes>) {
        let mut state = self.0.state();
        state.frames.clear();
        state.bytes = 0;
        drop(state);
        self.put(last);
        self.close();
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.close();
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.left = true;
        state.frames.clear();
        drop(state);
        self.shared.taken.notify_waiters();
    }
}

impl http_body::Body for Outlet {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.shared.reader.register(context.waker());
        let mut state = self.shared.state();
        let Some(frame) = state.frames.pop_front() else {
            return if state.closed {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        state.bytes = state.bytes.saturating_sub(size(&frame));
        drop(state);
        self.shared.taken.notify_waiters();
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        let state = self.shared.state();
        state.closed && state.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn size(frame: &Frame<Bytes>) -> usize {
    frame.data_ref().map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use http::HeaderMap;
    use http_body::Body as _;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_client_that_does_not_read_gets_no_more_than_there_is_room_for() {
        let (inlet, mut outlet) = new(None);
        inlet.put(Frame::data(vec![0; MAX_BUFFERED].into()));
        assert!(inlet.has_room().now_or_never().is_none());
        outlet.frame().await.unwrap().unwrap();
        assert!(inlet.has_room().now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_was_not_taken_is_dropped_with_a_cut() {
        let (inlet, mut outlet) = new(None);
        inlet.put(Frame::data(vec![0; 10].into()));
        inlet.cut(Frame::trailers(HeaderMap::new()));
        assert!(outlet.frame().await.unwrap().unwrap().is_trailers());
        assert!(outlet.frame().await.is_none() && outlet.is_end_stream());
        assert!(inlet.left().now_or_never().is_none());
        drop(outlet);
        inlet.left().await;
    }
}

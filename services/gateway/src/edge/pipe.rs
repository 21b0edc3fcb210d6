//! Between the task that reads a service's answer and the connection that writes it to the client.
//!
//! A connection looks at an answer only while the client opens its window. What must happen in time whatever the client
//! does (letting go of the service, making room for the next call) therefore happens in the task, on this side of it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;
use tonic::Status;

use crate::unread::Waiting;

/// What waits for a client that does not read, in bytes; a frame may go beyond.
pub(super) const ROOM: usize = 64 * 1024;

/// Where frames go in.
pub(super) struct Inlet(Arc<Shared>);

/// Where the connection takes them out.
pub(super) struct Outlet {
    shared: Arc<Shared>,
    _waiting: Option<Waiting>,
}

#[derive(Default)]
struct Shared {
    held: Mutex<Held>,
    reader: AtomicWaker,
    taken: Notify,
}

#[derive(Default)]
struct Held {
    frames: VecDeque<Frame<Bytes>>,
    bytes: usize,
    /// Nothing more is put in.
    closed: bool,
    /// The connection has let go of the answer: it is written, or the client is gone.
    left: bool,
}

/// An empty pipe; what may wait in it was counted.
pub(super) fn new(waiting: Option<Waiting>) -> (Inlet, Outlet) {
    let shared = Arc::new(Shared::default());
    let outlet = Outlet {
        shared: Arc::clone(&shared),
        _waiting: waiting,
    };
    (Inlet(shared), outlet)
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn until(&self, met: impl Fn(&Held) -> bool) {
        loop {
            let mut taken = std::pin::pin!(self.taken.notified());
            // Before looking: what happens in between is not missed.
            taken.as_mut().enable();
            if met(&self.held()) {
                return;
            }
            taken.await;
        }
    }
}

impl Inlet {
    /// Returns when there is room for a frame.
    pub(super) async fn room(&self) {
        self.0.until(|held| held.bytes < ROOM).await;
    }

    /// Returns when the connection has let go of the answer.
    pub(super) async fn left(&self) {
        self.0.until(|held| held.left).await;
    }

    /// Puts a frame in.
    pub(super) fn put(&self, frame: Frame<Bytes>) {
        let mut held = self.0.held();
        held.bytes += size(&frame);
        held.frames.push_back(frame);
        drop(held);
        self.0.reader.wake();
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.0.held().closed = true;
        self.0.reader.wake();
    }

    /// Drops what was not taken yet: this frame is all that is left to say.
    pub(super) fn cut(&self, last: Frame<Bytes>) {
        let mut held = self.0.held();
        held.frames.clear();
        held.bytes = 0;
        drop(held);
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
        let mut held = self.shared.held();
        held.left = true;
        held.frames.clear();
        drop(held);
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
        let mut held = self.shared.held();
        let Some(frame) = held.frames.pop_front() else {
            return if held.closed {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        held.bytes = held.bytes.saturating_sub(size(&frame));
        drop(held);
        self.shared.taken.notify_waiters();
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        let held = self.shared.held();
        held.closed && held.frames.is_empty()
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
        inlet.put(Frame::data(vec![0; ROOM].into()));
        assert!(inlet.room().now_or_never().is_none());
        outlet.frame().await.unwrap().unwrap();
        assert!(inlet.room().now_or_never().is_some());
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

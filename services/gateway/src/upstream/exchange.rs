//! One call on a connection: its request goes out, its answer comes in.
//!
//! The messages of a stream are sent by a task of their own, as the service takes them, and no longer than somebody waits
//! for the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http_body::Frame;
use http_body_util::BodyExt as _;
use tokio::task::AbortHandle;
use tonic::body::Body;

/// The body of an answer as it comes.
#[derive(Debug)]
pub(crate) struct ResponseBody(RecvStream);

/// Sends the messages of a stream, until it is dropped.
#[derive(Debug)]
pub(super) struct Upload(AbortHandle);

impl ResponseBody {
    pub(super) fn new(body: RecvStream) -> Self {
        Self(body)
    }
}

impl Upload {
    /// Sends everything of this body.
    pub(super) fn start(body: Body, stream: SendStream<Bytes>) -> Self {
        Self(tokio::spawn(send(body, stream)).abort_handle())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(mut body: Body, mut stream: SendStream<Bytes>) {
    loop {
        let next = tokio::select! {
            biased;
            // The service does not want the rest.
            _ = poll_fn(|context| stream.poll_reset(context)) => return,
            next = body.frame() => next,
        };
        match next {
            Some(Ok(frame)) => {
                let Ok(message) = frame.into_data() else {
                    continue;
                };
                let sent = has_window(&mut stream).await && stream.send_data(message, false).is_ok();
                if !sent {
                    return;
                }
            }
            // The service must see a request that was cut off, not one that has ended.
            Some(Err(_)) => return stream.send_reset(Reason::CANCEL),
            None => {
                // Fails only when the service is gone.
                let _ = stream.send_data(Bytes::new(), true);
                return;
            }
        }
    }
}

/// Waits until the service opens its window; `false` if it never will. One message may go beyond the window.
async fn has_window(stream: &mut SendStream<Bytes>) -> bool {
    stream.reserve_capacity(1);
    while stream.capacity() == 0 {
        if !matches!(
            poll_fn(|context| stream.poll_capacity(context)).await,
            Some(Ok(_))
        ) {
            return false;
        }
    }
    true
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.0.poll_data(context)) {
            let data = data?;
            // Opens the window again by what was taken.
            self.0.flow_control().release_capacity(data.len())?;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let trailers = ready!(self.0.poll_trailers(context))?;
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}

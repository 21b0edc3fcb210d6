//! One call on a connection: its request goes out, its answer comes in.
//!
//! A request that is whole already, as that of every unary call, is handed over at once. The messages of a stream are sent
//! by a task of their own, as the service takes them, and no longer than somebody waits for the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, RecvStream, SendStream};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tokio::task::AbortHandle;

use crate::edge::forward::Forwarded;

/// The body of an answer as it comes.
#[derive(Debug)]
pub(in crate::edge) struct Received(RecvStream);

/// Sends the rest of a request, until it is dropped.
#[derive(Debug)]
pub(super) struct Sending(AbortHandle);

impl Received {
    pub(super) fn new(body: RecvStream) -> Self {
        Self(body)
    }
}

impl Sending {
    /// Sends everything of this body.
    pub(super) fn start(body: Forwarded, stream: SendStream<Bytes>) -> Self {
        Self(tokio::spawn(send(body, stream)).abort_handle())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn send(mut body: Forwarded, mut stream: SendStream<Bytes>) {
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
                let sent = has_room(&mut stream).await && stream.send_data(message, false).is_ok();
                if !sent {
                    return;
                }
            }
            // The service is to see a request that was cut off, not one that has ended.
            Some(Err(_)) => return stream.send_reset(Reason::CANCEL),
            None => {
                // Fails only when nobody is there to hear it.
                let _ = stream.send_data(Bytes::new(), true);
                return;
            }
        }
    }
}

/// Waits until the service takes more; `false` if it never will. One message may go beyond what it takes.
async fn has_room(stream: &mut SendStream<Bytes>) -> bool {
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

impl Body for Received {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.0.poll_data(context)) {
            let data = data?;
            // What is taken away here makes room for more.
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

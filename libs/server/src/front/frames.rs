//! Incoming messages: how large one may be, and how long the next may take.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use muster_refusal::{ErrorReason, Refusal};
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use super::deadline::IDLE;
use super::deadline::exceeded;

/// The largest message a service decodes; uploads come in chunks of 64 KiB.
const LARGEST: u32 = 256 * 1024;

/// The body of a request, watched: a message over the limit is refused before it is collected.
pub(crate) fn limited(body: Body, streams: bool) -> Body {
    let idle = streams.then(|| Box::pin(sleep(IDLE)));
    Body::new(Limited {
        body,
        sizes: Sizes::default(),
        idle,
    })
}

struct Limited {
    body: Body,
    sizes: Sizes,
    idle: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => match &mut self.idle {
                None => return Poll::Pending,
                Some(idle) => {
                    ready!(idle.as_mut().poll(context));
                    return Poll::Ready(Some(Err(exceeded())));
                }
            },
        };
        if let Some(idle) = &mut self.idle {
            idle.as_mut().reset(Instant::now() + IDLE);
        }
        let Some(frame) = frame.transpose()? else {
            return Poll::Ready(None);
        };
        if let Some(data) = frame.data_ref()
            && !self.sizes.allow(data)
        {
            return Poll::Ready(Some(Err(too_large())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn too_large() -> Status {
    Refusal::new(
        ErrorReason::MessageTooLarge,
        format!("a message may have at most {LARGEST} bytes"),
    )
    .into()
}

/// Follows the length prefixes: one flag byte, four bytes of length, then the message.
#[derive(Default)]
struct Sizes {
    prefix: [u8; 5],
    prefix_read: usize,
    left: usize,
}

impl Sizes {
    fn allow(&mut self, mut data: &[u8]) -> bool {
        while !data.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(data.len());
                self.left -= skipped;
                data = data.get(skipped..).unwrap_or_default();
                continue;
            }
            let wanted = self.prefix.iter_mut().skip(self.prefix_read);
            let taken = wanted.zip(data).map(|(slot, byte)| *slot = *byte).count();
            self.prefix_read += taken;
            data = data.get(taken..).unwrap_or_default();
            if self.prefix_read == self.prefix.len() {
                let [_, length @ ..] = self.prefix;
                let length = u32::from_be_bytes(length);
                if length > LARGEST {
                    return false;
                }
                self.left = length as usize;
                self.prefix_read = 0;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(std::iter::repeat_n(7, length as usize));
        bytes
    }

    #[test]
    fn every_message_of_a_stream_is_measured_however_it_is_cut() {
        let mut stream = message(3);
        stream.extend(message(0));
        stream.extend(message(LARGEST));
        stream.extend([0]);
        stream.extend((LARGEST + 1).to_be_bytes());
        for size in [1, 4, 5, 7, 1000, stream.len()] {
            let mut sizes = Sizes::default();
            let refused = stream.chunks(size).position(|chunk| !sizes.allow(chunk));
            assert_eq!(refused, Some(stream.chunks(size).count() - 1), "chunks of {size}");
        }
    }

    #[test]
    fn the_largest_message_passes() {
        assert!(Sizes::default().allow(&message(LARGEST)));
    }
}

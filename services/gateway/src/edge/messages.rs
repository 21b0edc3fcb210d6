//! The messages of a request, one by one, as bytes: one flag, four bytes of length, the message.
//!
//! Only whole messages leave here, so that nothing is forwarded before it was looked at.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName};
use http_body::Body as _;
use muster_refusal::Refusal;
use tonic::body::Body;

use super::refuse;

/// The largest message that passes, in bytes.
pub(super) const MAX_MESSAGE: usize = 256 * 1024;

const PREFIX: usize = 5;

const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// How the messages of a request are compressed, as its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Not at all.
    Identity,
    /// In some way; none is taken.
    Named,
}

/// Reads messages from a body.
#[derive(Debug)]
pub(super) struct Messages {
    body: Body,
    encoding: Encoding,
    buffer: Bytes,
    ended: bool,
}

impl Messages {
    pub(super) fn new(body: Body, encoding: Encoding) -> Self {
        Self {
            body,
            encoding,
            buffer: Bytes::new(),
            ended: false,
        }
    }

    /// The next message with its prefix; `None` after the last one.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Refusal>> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// The first message, and for a method that takes one only, that nothing follows it: such a request is whole then.
    pub(super) async fn first(&mut self, streams: bool) -> Result<Option<Bytes>, Refusal> {
        let first = self.next().await.transpose()?;
        if !streams && (first.is_none() || self.next().await.transpose()?.is_some()) {
            return Err(refuse::bad_framing());
        }
        Ok(first)
    }

    /// Whether there is no more to come.
    pub(super) fn has_ended(&self) -> bool {
        self.ended && self.buffer.is_empty()
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Refusal>>> {
        loop {
            if let Some(message) = self.take().transpose() {
                return Poll::Ready(Some(message));
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                return Poll::Ready((!rest.is_empty()).then(|| Err(refuse::bad_framing())));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    // Trailers of a request mean nothing in gRPC.
                    if let Ok(data) = frame.into_data() {
                        self.push(data);
                    }
                }
                // The client is gone or broke the protocol; there is nobody to tell.
                Some(Err(_)) => return Poll::Ready(Some(Err(refuse::bad_framing()))),
                None => self.ended = true,
            }
        }
    }

    /// A whole message, cut off the buffer without a copy.
    fn take(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some([flag, length @ ..]) = self.buffer.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        match flag {
            0 => {}
            1 => return Err(self.encoding.refusal()),
            _ => return Err(refuse::bad_framing()),
        }
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_MESSAGE {
            return Err(refuse::too_large(MAX_MESSAGE));
        }
        let whole = PREFIX + length;
        Ok((self.buffer.len() >= whole).then(|| self.buffer.split_to(whole)))
    }

    fn push(&mut self, data: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = data;
        } else {
            let mut joined = BytesMut::from(std::mem::take(&mut self.buffer));
            joined.extend_from_slice(&data);
            self.buffer = joined.freeze();
        }
    }
}

impl Encoding {
    /// What the headers of a request say.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let named = headers.get(GRPC_ENCODING);
        if named.is_some_and(|encoding| encoding.as_bytes() != b"identity") {
            Self::Named
        } else {
            Self::Identity
        }
    }

    /// Compressed messages are refused. Without a name for it, the flag itself is wrong, which the protocol calls INTERNAL.
    fn refusal(self) -> Refusal {
        match self {
            Self::Named => refuse::compressed(),
            Self::Identity => refuse::compressed_without_encoding(),
        }
    }
}

/// The message behind its prefix.
pub(super) fn payload(message: &Bytes) -> &[u8] {
    message.get(PREFIX..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http_body_util::StreamBody;
    use muster_refusal::ErrorReason;
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    fn framed(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap();
        [&[0u8][..], &length.to_be_bytes(), message].concat()
    }

    fn body(chunks: Vec<Vec<u8>>) -> Body {
        let frames = chunks
            .into_iter()
            .map(|chunk| Ok::<_, tonic::Status>(http_body::Frame::data(chunk.into())));
        Body::new(StreamBody::new(futures::stream::iter(frames)))
    }

    async fn read(chunks: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Option<ErrorReason>) {
        let mut messages = Messages::new(body(chunks), Encoding::Named);
        let mut whole = Vec::new();
        while let Some(next) = messages.next().await {
            match next {
                Ok(message) => whole.push(payload(&message).to_vec()),
                Err(refusal) => return (whole, Some(refusal.reason())),
            }
        }
        (whole, None)
    }

    #[tokio::test]
    async fn messages_are_the_same_however_they_are_cut() {
        let mut random = StdRng::seed_from_u64(3);
        for _ in 0..500 {
            let sent: Vec<Vec<u8>> = (0..random.random_range(0..5))
                .map(|_| {
                    (0..random.random_range(0..300))
                        .map(|_| random.random())
                        .collect()
                })
                .collect();
            let mut bytes: Vec<u8> = sent.iter().flat_map(|message| framed(message)).collect();
            let mut chunks = Vec::new();
            while !bytes.is_empty() {
                let at = random.random_range(1..=bytes.len());
                let rest = bytes.split_off(at);
                chunks.push(std::mem::replace(&mut bytes, rest));
            }
            assert_eq!(read(chunks).await, (sent, None));
        }
    }

    #[tokio::test]
    async fn a_compressed_message_without_a_named_encoding_is_an_error_of_the_protocol() {
        let mut messages = Messages::new(body(vec![vec![1, 0, 0, 0, 0]]), Encoding::Identity);
        let refused = messages.next().await.unwrap().unwrap_err();
        assert_eq!(refused.reason(), ErrorReason::Internal);
    }

    #[tokio::test]
    async fn what_cannot_be_looked_at_is_refused() {
        let reason = async |bytes: Vec<u8>| read(vec![bytes]).await.1;
        assert_eq!(
            reason(vec![1, 0, 0, 0, 0]).await,
            Some(ErrorReason::CompressionNotSupported)
        );
        assert_eq!(
            reason(vec![2, 0, 0, 0, 0]).await,
            Some(ErrorReason::MessageMalformed)
        );
        assert_eq!(
            reason(vec![0, 0, 0, 0]).await,
            Some(ErrorReason::MessageMalformed)
        );
        assert_eq!(
            reason(vec![0, 0, 0, 0, 2, 7]).await,
            Some(ErrorReason::MessageMalformed)
        );
        assert_eq!(
            reason(vec![0, 0, 4, 0, 1]).await,
            Some(ErrorReason::MessageTooLarge)
        );
        assert_eq!(reason(framed(&vec![7; MAX_MESSAGE])).await, None);
    }
}

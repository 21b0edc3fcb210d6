//! The codecs of servers and of clients.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use prost::bytes::{BufMut as _, Bytes};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Encodes requests, and decodes answers: tonic's own.
pub use tonic_prost::ProstCodec as ClientCodec;

use crate::error::v1::ErrorReason;

/// Protobuf, where a message that cannot be decoded is its sender's mistake: `INVALID_ARGUMENT` with the reason
/// `MESSAGE_MALFORMED`, where tonic's own codec blames the server (`INTERNAL`) and quotes its decoder.
pub struct ServerCodec<E, D>(PhantomData<(E, D)>);

/// Decodes requests.
pub struct RequestDecoder<D>(PhantomData<D>);

/// Encodes answers.
pub struct AnswerEncoder<E>(PhantomData<E>);

/// What a server sends: a message, or one in [`Parts`].
pub trait Answer: Send + 'static {
    /// Appends its encoding.
    ///
    /// # Errors
    /// There is no room for it.
    fn append_to(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), prost::EncodeError>;
}

/// The encoding of a message, made once for everybody who gets it. Cheap to clone.
pub struct Encoded<M>(Bytes, PhantomData<fn() -> M>);

/// A message of which others get a part as well, encoded once. It is sent as the encodings of both parts, one behind the other, which
/// is the encoding of the whole: repeated fields follow each other, of other fields the one of the second part counts.
#[derive(Debug)]
pub struct Parts<M> {
    /// What others get, too.
    pub shared: Encoded<M>,
    /// What only this one gets.
    pub own: M,
}

impl<M: Message> Encoded<M> {
    /// Encodes it.
    pub fn of(message: &M) -> Self {
        Self(message.encode_to_vec().into(), PhantomData)
    }
}

impl<M> Clone for Encoded<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M> fmt::Debug for Encoded<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} bytes)", self.0.len())
    }
}

impl<M: Message + 'static> Answer for M {
    fn append_to(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), prost::EncodeError> {
        self.encode(buffer)
    }
}

impl<M: Message + 'static> Answer for Parts<M> {
    fn append_to(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), prost::EncodeError> {
        buffer.put_slice(&self.shared.0);
        self.own.encode(buffer)
    }
}

impl<E, D> Default for ServerCodec<E, D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> Codec for ServerCodec<E, D>
where
    E: Answer,
    D: Message + Default + Send + 'static,
{
    type Encode = E;
    type Decode = D;
    type Encoder = AnswerEncoder<E>;
    type Decoder = RequestDecoder<D>;

    fn encoder(&mut self) -> AnswerEncoder<E> {
        AnswerEncoder(PhantomData)
    }

    fn decoder(&mut self) -> RequestDecoder<D> {
        RequestDecoder(PhantomData)
    }
}

impl<E: Answer> Encoder for AnswerEncoder<E> {
    type Item = E;
    type Error = Status;

    fn encode(&mut self, answer: E, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        answer
            .append_to(buffer)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl<E> fmt::Debug for AnswerEncoder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerEncoder")
    }
}

impl<D: Message + Default> Decoder for RequestDecoder<D> {
    type Item = D;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<D>, Status> {
        D::decode(message).map(Some).map_err(|_| malformed())
    }
}

impl<D> fmt::Debug for RequestDecoder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestDecoder")
    }
}

/// The status for a message that cannot be read. Without the decoder's words: they are of no use to the caller.
pub fn malformed() -> Status {
    let name = ErrorReason::MessageMalformed.as_str_name();
    let reason = name.strip_prefix("ERROR_REASON_").unwrap_or(name);
    let details = ErrorDetails::with_error_info(reason, crate::ERROR_DOMAIN, HashMap::new());
    let text =
        "the message is not valid protobuf of the method's request type; encode it as the contract says";
    Status::with_error_details(Code::InvalidArgument, text, details)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::invitation::v1::{Invitation, WatchInvitationsResponse};

    #[test]
    fn what_is_sent_in_parts_is_read_as_one_message() {
        let invitation = |name: &str| Invitation {
            name: name.to_owned(),
            ..Default::default()
        };
        let shared = Encoded::of(&WatchInvitationsResponse {
            invitations: vec![invitation("one"), invitation("two")],
            resume_token: "nobody's".to_owned(),
        });
        for own in ["mine", "yours"] {
            let own = WatchInvitationsResponse {
                resume_token: own.to_owned(),
                ..Default::default()
            };
            let sent = [shared.0.to_vec(), own.encode_to_vec()].concat();
            let read = WatchInvitationsResponse::decode(sent.as_slice()).unwrap();
            let names: Vec<_> = read.invitations.iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names, ["one", "two"]);
            assert_eq!(read.resume_token, own.resume_token);
        }
    }
}

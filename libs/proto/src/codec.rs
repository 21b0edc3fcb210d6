//! The codec of servers.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic::{Code, Status};
use tonic_prost::ProstEncoder;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::error::v1::ErrorReason;

/// Protobuf, where a message that cannot be decoded is its sender's mistake: `INVALID_ARGUMENT` with the reason
/// `MESSAGE_MALFORMED`, where tonic's own codec blames the server (`INTERNAL`) and quotes its decoder.
pub struct ServerCodec<E, D>(PhantomData<(E, D)>);

/// Decodes requests.
pub struct RequestDecoder<D>(PhantomData<D>);

impl<E, D> Default for ServerCodec<E, D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> Codec for ServerCodec<E, D>
where
    E: Message + Send + 'static,
    D: Message + Default + Send + 'static,
{
    type Encode = E;
    type Decode = D;
    type Encoder = ProstEncoder<E>;
    type Decoder = RequestDecoder<D>;

    fn encoder(&mut self) -> ProstEncoder<E> {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> RequestDecoder<D> {
        RequestDecoder(PhantomData)
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

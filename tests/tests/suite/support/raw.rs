//! Calls with bytes instead of messages: for what no generated client can send.

use bytes::{Buf, BufMut, Bytes};
use tonic::client::Grpc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A call of any method with any bytes.
#[derive(Clone)]
pub(crate) struct RawCall {
    pub(crate) path: String,
    pub(crate) bytes: Bytes,
    /// The further messages of a stream.
    pub(crate) later: Vec<Bytes>,
    pub(crate) client_streaming: bool,
    pub(crate) compression: Option<CompressionEncoding>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What came back, as far as a caller can compare it: code, message and the bytes of the details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: tonic::Code,
    pub(crate) message: String,
    pub(crate) details: Bytes,
}

impl RawCall {
    pub(crate) fn new(path: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            path: path.to_owned(),
            bytes: bytes.into(),
            later: Vec::new(),
            client_streaming: false,
            compression: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) async fn send(&self, channel: Channel) -> Result<Bytes, Status> {
        let mut grpc = Grpc::new(channel);
        if let Some(encoding) = self.compression {
            grpc = grpc.send_compressed(encoding);
        }
        grpc.ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        let mut metadata = tonic::metadata::MetadataMap::new();
        for (name, value) in &self.headers {
            metadata.append(*name, MetadataValue::try_from(value.as_str()).unwrap());
        }
        let path = http::uri::PathAndQuery::try_from(self.path.as_str()).unwrap();
        if self.client_streaming {
            let mut request = Request::new(tokio_stream::iter(
                std::iter::once(self.bytes.clone()).chain(self.later.clone()),
            ));
            *request.metadata_mut() = metadata;
            return grpc
                .client_streaming(request, path, RawCodec)
                .await
                .map(tonic::Response::into_inner);
        }
        let mut request = Request::new(self.bytes.clone());
        *request.metadata_mut() = metadata;
        if self.path.contains("/Watch") {
            // It goes on for as long as somebody listens.
            let stream = grpc.server_streaming(request, path, RawCodec).await?;
            let first = stream.into_inner().message().await?;
            return first.ok_or_else(|| Status::unknown("the stream told nothing"));
        }
        grpc.unary(request, path, RawCodec)
            .await
            .map(tonic::Response::into_inner)
    }

    pub(crate) async fn reply(&self, channel: Channel) -> Reply {
        match self.send(channel).await {
            Ok(_) => Reply {
                code: tonic::Code::Ok,
                message: String::new(),
                details: Bytes::new(),
            },
            Err(status) => Reply {
                code: status.code(),
                message: status.message().to_owned(),
                details: Bytes::copy_from_slice(status.details()),
            },
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

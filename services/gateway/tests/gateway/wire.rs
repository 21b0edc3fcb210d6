//! Calls as bytes, so that they can be wrong in every way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use muster_refusal::{ErrorReason, reason_of};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::{Code, Status};

/// A message with its prefix.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0u8][..], &length.to_be_bytes(), message].concat()
}

/// A field of type string or message.
pub(crate) fn field(tag: u8, value: &str) -> Vec<u8> {
    [
        &[tag << 3 | 2, u8::try_from(value.len()).unwrap()],
        value.as_bytes(),
    ]
    .concat()
}

/// A client that knows nothing of gRPC, deadlines least of all.
pub(crate) struct Wire {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
}

impl Wire {
    /// A client that never opens its window: it gets headers, and no body.
    pub(crate) fn that_does_not_read(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .http2_initial_stream_window_size(0)
            .build_http();
        Self { client, address }
    }

    pub(crate) fn to(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build_http();
        Self { client, address }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) body: Vec<u8>,
    /// Headers and trailers together, without those that differ from call to call.
    pub(crate) metadata: HeaderMap,
}

impl Answer {
    pub(crate) fn code(&self) -> Code {
        self.status.code()
    }

    pub(crate) fn reason(&self) -> Option<ErrorReason> {
        reason_of(&self.status)
    }

    /// Everything that a caller can see, byte for byte.
    pub(crate) fn bytes(&self) -> (Vec<u8>, Vec<(String, Vec<u8>)>) {
        let mut metadata: Vec<_> = self
            .metadata
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .filter(|(name, _)| name != "date")
            .collect();
        metadata.sort();
        (self.body.clone(), metadata)
    }
}

/// A call that is being put together.
pub(crate) struct Call {
    request: http::request::Builder,
}

impl Call {
    pub(crate) fn to(method: &str) -> Self {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/muster.{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        Self { request }
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.request = self.request.header(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// Sends one message.
    pub(crate) async fn send(self, edge: &Wire, message: &[u8]) -> Answer {
        self.send_bytes(edge, framed(message)).await
    }

    /// Sends a body as it is.
    pub(crate) async fn send_bytes(self, edge: &Wire, body: Vec<u8>) -> Answer {
        let (sender, receiver) = mpsc::channel(1);
        sender.send(body).await.unwrap();
        drop(sender);
        self.stream(edge, receiver).await
    }

    /// Sends one message; the answer is not read.
    pub(crate) async fn begin(self, edge: &Wire, message: &[u8]) -> http::Response<Body> {
        let (request, sender) = self.open(edge);
        sender.send(framed(message)).await.unwrap();
        drop(sender);
        edge.client.request(request).await.unwrap().map(Body::new)
    }

    /// Sends these bytes and then nothing, as long as the sender is held.
    pub(crate) fn hold(self, edge: &Wire, bytes: Vec<u8>) -> (JoinHandle<Answer>, mpsc::Sender<Vec<u8>>) {
        let (request, sender) = self.open(edge);
        if !bytes.is_empty() {
            sender.try_send(bytes).unwrap();
        }
        let response = edge.client.request(request);
        let answer = tokio::spawn(async move { read(response.await.unwrap().map(Body::new)).await });
        (answer, sender)
    }

    /// A request whose body is still to come.
    fn open(self, edge: &Wire) -> (Request<Body>, mpsc::Sender<Vec<u8>>) {
        let (sender, chunks) = mpsc::channel(1);
        (self.request_of(edge, chunks), sender)
    }

    /// Sends chunks as they come.
    pub(crate) async fn stream(self, edge: &Wire, chunks: mpsc::Receiver<Vec<u8>>) -> Answer {
        let request = self.request_of(edge, chunks);
        let answered = async {
            let response = edge.client.request(request).await.unwrap();
            assert_eq!(response.status(), 200, "{response:?}");
            read(response.map(Body::new)).await
        };
        tokio::time::timeout(Duration::from_secs(10), answered)
            .await
            .unwrap()
    }

    fn request_of(self, edge: &Wire, chunks: mpsc::Receiver<Vec<u8>>) -> Request<Body> {
        let chunks = futures::stream::unfold(chunks, async |mut chunks| {
            let chunk: Vec<u8> = chunks.recv().await?;
            Some((
                Ok::<_, Infallible>(Frame::data(bytes::Bytes::from(chunk))),
                chunks,
            ))
        });
        let mut request = self
            .request
            .body(Body::new(StreamBody::new(Box::pin(chunks))))
            .unwrap();
        let path = request.uri().path();
        *request.uri_mut() = format!("http://{}{path}", edge.address).parse().unwrap();
        request
    }
}

async fn read(response: http::Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let mut metadata = parts.headers;
    metadata.extend(collected.trailers().cloned().unwrap_or_default());
    let status = Status::from_header_map(&metadata).unwrap();
    Answer {
        status,
        body: collected.to_bytes().to_vec(),
        metadata,
    }
}

//! The tower service: a call in, JSON out.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use muster_refusal::{ErrorReason, Refusal};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt as _};

use crate::bindings::{Binding, Bindings, Content, Found};
use crate::upload::upload;
use crate::{answer, problem, request};

/// The largest message is as large; JSON is wordier, but what people write is far below both.
const MOST_BYTES: usize = 256 * 1024;
/// The longest query. Tokens of pages are its longest parts.
const MOST_QUERY: usize = 4 * 1024;
/// Bodies that are whole and being read at the same time. Taken for the moment of reading only.
const READ_AT_ONCE: usize = 16;
/// For one body to arrive, or for the fields of a form.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Values in one body, about: parsing and translating costs by them, not by bytes. The longest lists of the contract
/// have 1,000 items.
const MOST_VALUES: usize = 16 * 1024;

/// Looks at the head of a request for the RPC at this path, before anything of its body is read. What is found out may be
/// left in the extensions for the service behind. An answer of it, as gRPC gives it, is the last word.
pub type Gate =
    Arc<dyn for<'a> Fn(&'a str, &'a mut Parts) -> BoxFuture<'a, Option<Response<Body>>> + Send + Sync>;

/// The JSON dialect in front of a gRPC service. Cheap to clone.
#[derive(Clone)]
pub struct Json<S> {
    bindings: Arc<Bindings>,
    reading: Arc<Semaphore>,
    gate: Option<Gate>,
    calls: S,
}

impl<S> fmt::Debug for Json<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json")
            .field("bindings", &self.bindings)
            .finish_non_exhaustive()
    }
}

impl<S> Json<S> {
    /// Puts these bindings in front of `calls`.
    pub fn new(bindings: Arc<Bindings>, calls: S) -> Self {
        let reading = Arc::new(Semaphore::new(READ_AT_ONCE));
        Self {
            bindings,
            reading,
            gate: None,
            calls,
        }
    }

    /// Asks this gate first.
    #[must_use]
    pub fn behind(self, gate: Gate) -> Self {
        Self {
            gate: Some(gate),
            ..self
        }
    }
}

impl<S> Json<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    /// Answers a request; what is wrong with it is an answer too.
    pub async fn answer(self, request: Request<Body>) -> Response<Body> {
        let mut response = self.answered(request).await.unwrap_or_else(whole);
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        response
    }

    async fn answered(self, request: Request<Body>) -> Result<Response<Body>, Response<Bytes>> {
        let (mut head, body) = request.into_parts();
        let bindings = Arc::clone(&self.bindings);
        let (binding, captures) = match bindings.find(&head.method, head.uri.path()) {
            Found::Rpc(binding, captures) => (binding, captures),
            Found::OtherMethods(methods) => return Err(other_methods(&methods)),
            Found::Nothing => {
                return Err(told(
                    StatusCode::NOT_FOUND,
                    ErrorReason::MethodNotFound,
                    "there is no such path here; /openapi.json lists them",
                ));
            }
        };
        if head.uri.query().unwrap_or_default().len() > MOST_QUERY {
            return Err(told(
                StatusCode::URI_TOO_LONG,
                ErrorReason::MessageTooLarge,
                "the query is longer than 4 KiB",
            ));
        }
        if let Some(gate) = &self.gate
            && let Some(answer) = gate(&binding.path(), &mut head).await
        {
            return Ok(answer::of(answer, binding).await);
        }
        if let Content::File(taken) = &binding.body {
            let upload = upload(&head, binding, taken, &captures, body).await?;
            let response = answered(self.calls, call(head, binding, upload.body)).await;
            return match upload.fault.take() {
                Some(refusal) => Err(refusal),
                None => Ok(answer::of(response, binding).await),
            };
        }
        let body = received(&head, body).await?;
        if values(&body) > MOST_VALUES {
            return Err(told(
                StatusCode::PAYLOAD_TOO_LARGE,
                ErrorReason::MessageTooLarge,
                "the body has more than 16384 values; ask for less at once",
            ));
        }
        let parameters = request::parameters(head.uri.query().unwrap_or_default());
        let message = {
            // Whoever is slow to send keeps nobody out: only what is whole waits for its turn.
            let _turn = self.reading.acquire().await;
            request::encoded(binding, &captures, &parameters, &body)
                .map_err(|refusal| problem::response(&Status::from(refusal)))?
        };
        let message = Body::new(Full::new(framed(&message)));
        let response = answered(self.calls, call(head, binding, message)).await;
        Ok(answer::of(response, binding).await)
    }
}

async fn answered<S>(calls: S, call: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    match calls.oneshot(call).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

impl<S> Service<Request<Body>> for Json<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

/// The body, if it is JSON, small enough, and comes in time.
async fn received(head: &Parts, body: Body) -> Result<Bytes, Response<Bytes>> {
    // What the head decides is told before the client has sent anything.
    let length = body.size_hint().lower();
    if length > MOST_BYTES as u64 {
        return Err(too_large());
    }
    let is_plain = !head.headers.contains_key(header::CONTENT_ENCODING);
    let is_taken = is_plain && is_json(&head.headers);
    if length > 0 && !is_taken {
        return Err(not_json());
    }
    let body = match timeout(PATIENCE, gathered(body)).await {
        Ok(gathered) => gathered?,
        Err(_) => {
            return Err(told(
                StatusCode::REQUEST_TIMEOUT,
                ErrorReason::DeadlineExceeded,
                "the body did not arrive within 5 seconds",
            ));
        }
    };
    if body.is_empty() || is_taken {
        Ok(body)
    } else {
        Err(not_json())
    }
}

fn too_large() -> Response<Bytes> {
    told(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorReason::MessageTooLarge,
        "the body is larger than 256 KiB",
    )
}

fn not_json() -> Response<Bytes> {
    told(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorReason::InvalidRequest,
        "the body must be application/json in UTF-8, not compressed",
    )
}

/// How many values JSON has, at the most: each begins a list or an object, or follows a comma. What stands in texts is
/// passed over.
fn values(json: &[u8]) -> usize {
    let (mut values, mut in_text, mut escaped) = (1, false, false);
    for byte in json {
        match (byte, in_text) {
            _ if escaped => escaped = false,
            (b'\\', true) => escaped = true,
            (b'"', _) => in_text = !in_text,
            (b'{' | b'[' | b',', false) => values += 1,
            _ => {}
        }
    }
    values
}

/// In one piece: a body that comes byte by byte must not cost a buffer a byte.
async fn gathered(mut body: Body) -> Result<Bytes, Response<Bytes>> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            // The client is gone; nobody reads this.
            return Err(told(
                StatusCode::BAD_REQUEST,
                ErrorReason::InvalidRequest,
                "the body broke off",
            ));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if whole.len() + data.len() > MOST_BYTES {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The gRPC call. Who calls, from where and within which trace stays as it came.
fn call(mut head: Parts, binding: &Binding, body: Body) -> Request<Body> {
    for name in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::COOKIE,
    ] {
        head.headers.remove(name);
    }
    head.headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    head.headers
        .insert(header::TE, HeaderValue::from_static("trailers"));
    head.method = Method::POST;
    head.version = http::Version::HTTP_2;
    // A path of the descriptors is a path of HTTP.
    head.uri = binding.path().parse().unwrap_or_default();
    Request::from_parts(head, body)
}

/// A message as gRPC frames it: its flag and its length in front.
pub(crate) fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| {
        let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
        parts.next().as_deref() == Some("application/json")
            && parts.all(|part| {
                part.strip_prefix("charset=")
                    .is_none_or(|set| set.trim_matches('"') == "utf-8")
            })
    })
}

fn other_methods(methods: &[&Method]) -> Response<Bytes> {
    let mut response = told(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorReason::MethodNotFound,
        "this path is called with another method",
    );
    let allow = methods
        .iter()
        .map(|method| method.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

pub(crate) fn told(code: StatusCode, reason: ErrorReason, message: &str) -> Response<Bytes> {
    problem::response_as(code, &Status::from(Refusal::new(reason, message)))
}

/// A refusal as JSON, by whoever stands in front of this dialect.
pub fn refused(refusal: Refusal) -> Response<Body> {
    whole(problem::response(&Status::from(refusal)))
}

pub(crate) fn whole(response: Response<Bytes>) -> Response<Body> {
    response.map(|bytes| Body::new(Full::new(bytes)))
}

/// What the answer says when there is nothing more to it.
pub(crate) fn status_of(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert_eq!(values(br#"{"a": [1, 2, 3], "b": "x,y{[\",\\"}"#), 6);
        assert_eq!(values(b""), 1);
        assert_eq!(values(&b"{},".repeat(1000)), 2001);
    }
}

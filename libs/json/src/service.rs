//! The tower service: a call in, JSON out.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use muster_refusal::ErrorReason;
use tokio::sync::Semaphore;
use tonic::Status;
use tonic::body::Body;
use tower::{Service, ServiceExt as _};

use crate::bindings::{Binding, Bindings, Content, Found};
use crate::messages::framed;
use crate::problem::{problem, whole};
use crate::upload::upload;
use crate::{answer, body, problem, request};

/// The longest query: one that names as many groups as a filter takes, 50, and goes on from a page.
const MAX_QUERY: usize = 8 * 1024;
/// Bodies that are whole and being read at the same time. Taken for the moment of reading only.
const READ_AT_ONCE: usize = 16;
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
                return Err(problem(
                    StatusCode::NOT_FOUND,
                    ErrorReason::MethodNotFound,
                    "there is no such path here; /openapi.json lists them",
                ));
            }
        };
        if head.uri.query().unwrap_or_default().len() > MAX_QUERY {
            return Err(problem(
                StatusCode::URI_TOO_LONG,
                ErrorReason::MessageTooLarge,
                "the query is longer than 8 KiB",
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
        let body = body::received(&head, body).await?;
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

fn other_methods(methods: &[&Method]) -> Response<Bytes> {
    let allow = methods
        .iter()
        .map(|method| method.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut response = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorReason::MethodNotFound,
        &format!("this path is called with {allow}"),
    );
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

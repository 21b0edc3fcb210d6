//! The edge: one path for every call, whoever makes it.
//!
//! It knows no RPC by name. For each call it reads the rule that stands beside the RPC in the protos, finds out who
//! calls, reads the one field that the rule names from the raw message, asks the policies, and forwards the bytes
//! unchanged with a caller token for that one call. What it does not know it refuses.

mod admit;
mod answer;
mod call;
mod call_cache;
mod capacity;
mod deadline;
mod gate;
mod identify;
mod in_process;
mod infrastructure;
mod messages;
mod metadata;
mod observe;
mod pass;
mod pipe;
mod refuse;
mod request_body;
mod scope_guard;
mod shared;
mod staff_read;
mod stream_authorization;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response};
use muster_telemetry::AccessLog;
use tonic::body::Body;
use tonic::service::Routes;

pub(crate) use self::observe::{CallerTags, Observer, TraceContext};
pub(crate) use self::shared::EdgeParts;
use self::shared::Shared;
use crate::upstream::Watched;

/// The edge as a tower service, for the listener and for generated clients in this process. Cheap to clone. It answers
/// every call: what goes wrong is a status.
#[derive(Clone)]
pub(crate) struct Edge(Arc<Shared>);

impl Edge {
    /// An edge of these parts.
    pub(crate) fn new(parts: EdgeParts) -> Self {
        Self(Arc::new(Shared::new(parts)))
    }

    /// Answers a call.
    pub(crate) fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        Box::pin(Arc::clone(&self.0).answer(request))
    }

    /// Identifies and counts the caller of the method at this path by the head of a request alone, for a dialect whose body
    /// is expensive to read: the call that follows is not counted again. The refusal if they may not call now.
    pub(crate) async fn gate(&self, path: &str, head: &mut Parts) -> Option<Response<Body>> {
        self.0.gate(path, head).await
    }

    /// Answers health and reflection by these routes, within the edge's limits.
    pub(crate) async fn answer_infrastructure(
        self,
        routes: Routes,
        request: Request<Body>,
    ) -> Response<Body> {
        self.0.answer_infrastructure(routes, request).await
    }

    /// Where lines about calls go.
    pub(crate) fn access_log(&self) -> AccessLog {
        self.0.parts.observer.access_log()
    }

    /// What asks each service whether it is ready.
    pub(crate) fn watched(&self) -> Vec<Watched> {
        self.0.parts.upstreams.watched()
    }
}

impl tower::Service<Request<Body>> for Edge {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

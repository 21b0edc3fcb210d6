//! What every call passes before it reaches a handler, from the outside in: it is observed, given a task of its own,
//! counted against the limit, given a deadline, and its caller is verified.
//!
//! The task is why nothing inside is cancelled by a client: one that hangs up drops the answer, not the handler. It ends
//! by itself, at its deadline, or when the process stops. The body of a streamed answer belongs to the connection, and
//! ends with it.

pub(crate) mod access;
pub(crate) mod body;
mod deadline;
mod frames;
pub(crate) mod observe;
pub(crate) mod panics;
mod unreadable;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use muster_access::MethodRule;
use muster_database::origin;
use muster_refusal::{ErrorReason, Refusal, name_support};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;

use crate::method_rules;
pub(crate) use access::Gate;
use body::Watched;
pub(crate) use deadline::LIFE;
pub(crate) use deadline::{UNARY, exceeded as deadline_exceeded};
pub use muster_client::transport::grpc_timeout;
use observe::{Observation, Side};

/// The outermost service: one per process, cloned per call.
#[derive(Clone)]
pub(crate) struct Front {
    routes: Routes,
    shared: Arc<Shared>,
}

struct Shared {
    gate: Gate,
    calls: Semaphore,
    /// Of calls, also of those that nobody waits for any more.
    tasks: TaskTracker,
    /// Of health and reflection: whatever calls do, a probe is answered.
    free: Arc<Semaphore>,
    cut: CancellationToken,
    /// How to reach those who run the suite; may be empty.
    support: String,
}

/// What bounds the calls of a process, and ends them.
pub(crate) struct Bounds {
    /// At the same time.
    pub(crate) max_calls: usize,
    /// Each call is one of these.
    pub(crate) tasks: TaskTracker,
    /// Streams end when it is cancelled.
    pub(crate) cut: CancellationToken,
}

/// Calls of health and reflection at the same time.
const FREE: usize = 64;

impl Front {
    /// In front of these routes. `support`: how to reach those who run the suite, told where they can help; may be empty.
    pub(crate) fn new(routes: Routes, gate: Gate, bounds: Bounds, support: String) -> Self {
        let Bounds {
            max_calls,
            tasks,
            cut,
        } = bounds;
        let shared = Shared {
            gate,
            calls: Semaphore::new(max_calls),
            tasks,
            free: Arc::new(Semaphore::new(FREE)),
            cut,
            support,
        };
        Self {
            routes: routes.prepare(),
            shared: Arc::new(shared),
        }
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (routes, shared) = (self.routes.clone(), Arc::clone(&self.shared));
        if method_rules::is_free(request.uri().path()) {
            return Box::pin(async move {
                let answer = shared.answer_free(routes, request).await;
                Ok(answer.unwrap_or_else(Status::into_http))
            });
        }
        Box::pin(async move {
            let rule = method_rules::get(request.uri().path());
            let mut observation = Observation::begin(Side::Server, rule, request.headers());
            let call = Arc::clone(&shared).answer(rule, routes, request);
            let task = shared.tasks.spawn(call.instrument(observation.span()));
            let answer = task.await.unwrap_or_else(|ended| Err(panics::unanswered(ended)));
            let mut response = answer.unwrap_or_else(Status::into_http);
            // An answer without messages carries its status here.
            name_support(response.headers_mut(), &shared.support);
            observation.ended_with(response.headers_mut());
            let streams = rule.is_some_and(|rule| rule.server_streaming);
            Ok(response.map(|body| {
                let watched = Watched::new(body, observation);
                Body::new(if streams {
                    watched.stream(shared.cut.clone())
                } else {
                    watched
                })
            }))
        })
    }
}

impl Shared {
    /// Health and reflection need no token, so they have few places, and none for ever.
    async fn answer_free(
        &self,
        mut routes: Routes,
        request: Request<Body>,
    ) -> Result<Response<Body>, Status> {
        let slot = Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| overloaded())?;
        let mut observation = Observation::begin(Side::Server, None, request.headers());
        let request = request.map(|body| frames::limited(body, true));
        let Ok(answered) = timeout(UNARY, routes.call(request)).await else {
            observation.ended(Code::DeadlineExceeded);
            return Err(deadline_exceeded());
        };
        let mut response = answered.unwrap_or_else(|never| match never {});
        observation.ended_with(response.headers_mut());
        Ok(response.map(|body| {
            // A watch is silent for as long as nothing changes.
            let watched = Watched::new(body, observation).silent_stream(self.cut.clone());
            Body::new(watched.holding(slot))
        }))
    }

    async fn answer(
        self: Arc<Self>,
        rule: Option<&'static MethodRule>,
        mut routes: Routes,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, Status> {
        let Some(rule) = rule else {
            return Err(unknown_method().into());
        };
        let _slot = self.calls.try_acquire().map_err(|_| overloaded())?;
        let accepted = self.gate.accept(rule, request.headers())?;
        let origin = accepted.origin();
        request.extensions_mut().insert(Arc::new(accepted));
        let time = deadline::Time::of(rule, request.headers());
        let request = request.map(|body| frames::limited(body, rule.client_streaming));
        let answer = time.run(origin::scope(origin, routes.call(request)));
        tokio::select! {
            answered = answer => Ok(unreadable::explained(answered?.unwrap_or_else(|never| match never {}))),
            () = self.cut.cancelled() => Err(shutting_down()),
        }
    }
}

fn unknown_method() -> Refusal {
    Refusal::new(
        ErrorReason::MethodNotFound,
        "this service has no such method; see its reflection",
    )
}

fn overloaded() -> Status {
    Refusal::new(
        ErrorReason::Overloaded,
        "too many calls at this moment; try again with back-off",
    )
    .retry_after(Duration::from_secs(1))
    .into()
}

/// What a stream hears when the process stops.
pub(crate) fn shutting_down() -> Status {
    Refusal::new(
        ErrorReason::ShuttingDown,
        "this replica is stopping; open the stream again",
    )
    .into()
}

//! A service put together: what it answers, what it consumes, what it does by itself.

use std::convert::Infallible;
use std::fmt;

use axum::response::IntoResponse;
use futures::future::BoxFuture;
use http::Request;
use muster_jobs::Job;
use muster_messaging::{Handlers, QueueSpec, UnhandledBinding};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};

/// A service put together.
#[derive(Default)]
pub struct App {
    pub(crate) names: Vec<&'static str>,
    pub(crate) handlers: Option<Handlers>,
    pub(crate) tasks: Vec<Task>,
    routes: RoutesBuilder,
}

/// Background work, started again when it ends before its time.
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn Fn(CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>,
}

impl App {
    /// Answers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers this gRPC service: `.grpc(InvitationServiceServer::new(…))`.
    #[must_use]
    pub fn grpc<S>(mut self, service: S) -> Self
    where
        S: tower::Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    /// Consumes the service's queue: `.consumer(Handlers::of(&topology::RECORDS).on(…))`, one handler for each event that
    /// it is bound to.
    #[must_use]
    pub fn consumer(mut self, handlers: Handlers) -> Self {
        self.handlers = Some(handlers);
        self
    }

    /// Compares what `service` consumes with what its queue is bound to.
    ///
    /// # Errors
    /// When an event would find no handler, or a handler no event.
    pub fn check_consumer(&self, service: &str) -> Result<(), UnhandledBinding> {
        let problem = |queue: &'static QueueSpec, text: &str| {
            Err(UnhandledBinding {
                queue: queue.name,
                problems: vec![text.to_owned()],
            })
        };
        match (QueueSpec::of_service(service), &self.handlers) {
            (None, None) => Ok(()),
            (Some(own), None) => problem(own, "the service consumes nothing"),
            (Some(own), Some(handlers)) if own == handlers.queue() => handlers.check(),
            (_, Some(handlers)) => problem(handlers.queue(), "it is the queue of another service"),
        }
    }

    /// Does what is due: `.job(Job::batch(…))`, `.job(Job::queue(…))`, `.job(Job::every(…))`.
    #[must_use]
    pub fn job(self, job: Job) -> Self {
        self.task(job.name(), move |shutdown| job.run(shutdown))
    }

    /// Does `work` in the background until the token it is given is cancelled. When it ends or panics before that, it
    /// is started again after a second: `work` makes a new future each time.
    #[must_use]
    pub fn task<F, U>(mut self, name: &'static str, work: F) -> Self
    where
        F: Fn(CancellationToken) -> U + Send + Sync + 'static,
        U: Future<Output = ()> + Send + 'static,
    {
        let run = Box::new(move |shutdown| Box::pin(work(shutdown)) as BoxFuture<'static, ()>);
        self.tasks.push(Task { name, run });
        self
    }

    pub(crate) fn routes(&mut self) -> Routes {
        std::mem::take(&mut self.routes).routes()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: Vec<_> = self.tasks.iter().map(|task| task.name).collect();
        f.debug_struct("App")
            .field("grpc", &self.names)
            .field("handlers", &self.handlers)
            .field("tasks", &tasks)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use muster_messaging::topology;

    use super::*;

    #[test]
    fn a_service_consumes_its_own_queue_or_does_not_start() {
        assert!(App::new().check_consumer("gateway").is_ok());
        assert!(App::new().check_consumer("records").is_err());
        let handles = |queue| App::new().consumer(Handlers::of(queue));
        assert!(handles(&topology::RECORDS).check_consumer("records").is_err());
        assert!(handles(&topology::RECORDS).check_consumer("gateway").is_err());
    }
}

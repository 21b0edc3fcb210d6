//! A service put together: what it answers, what it consumes, what it does by itself.

use std::convert::Infallible;
use std::fmt;

use axum::response::IntoResponse;
use futures::future::BoxFuture;
use http::Request;
use muster_database::Database;
use muster_messaging::{Broker, Handler, QueueSpec, consumer};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::{Routes, RoutesBuilder};

/// A service put together.
#[derive(Default)]
pub struct App {
    pub(crate) names: Vec<&'static str>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) tasks: Vec<Task>,
    routes: RoutesBuilder,
}

/// The consumer of the service's queue.
pub struct Consumer {
    pub(crate) queue: &'static QueueSpec,
    pub(crate) run: Box<dyn FnOnce(Database, Broker, CancellationToken) -> BoxFuture<'static, ()> + Send>,
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

    /// Consumes the service's queue.
    #[must_use]
    pub fn consumer(mut self, consumer: Consumer) -> Self {
        self.consumers.push(consumer);
        self
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

impl Consumer {
    /// Does `handler`'s work for the events of `queue`.
    #[must_use]
    pub fn new(queue: &'static QueueSpec, handler: impl Handler) -> Self {
        let run = move |database, broker, shutdown| {
            Box::pin(consumer::run(database, broker, queue, handler, shutdown)) as BoxFuture<'static, ()>
        };
        Self {
            queue,
            run: Box::new(run),
        }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queues: Vec<_> = self
            .consumers
            .iter()
            .map(|consumer| consumer.queue.name)
            .collect();
        let tasks: Vec<_> = self.tasks.iter().map(|task| task.name).collect();
        f.debug_struct("App")
            .field("grpc", &self.names)
            .field("consumers", &queues)
            .field("tasks", &tasks)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("queue", &self.queue.name)
            .finish_non_exhaustive()
    }
}

//! `grpc.health.v1`, as its protocol says (<https://grpc.io/docs/guides/health-checking/>).

use std::pin::Pin;

use futures::stream::{StreamExt as _, once, pending};
use futures::{Stream, future::ready};
use muster_server::Health;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::Health as HealthRpcs;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::HealthService;

/// The health of this process.
#[derive(Debug)]
pub(super) struct HealthOf(HealthService);

type Answers = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

impl HealthOf {
    pub(super) fn new(health: &Health) -> Self {
        Self(HealthService::from_health_reporter(health.reporter()))
    }
}

#[tonic::async_trait]
impl HealthRpcs for HealthOf {
    type WatchStream = Answers;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.0.check(request).await
    }

    /// A service that is not known is `SERVICE_UNKNOWN`, and the stream goes on: no service of this process comes up later,
    /// so nothing follows.
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Answers>, Status> {
        match self.0.watch(request).await {
            Ok(answer) => Ok(answer.map(|statuses| Box::pin(statuses) as Answers)),
            Err(status) if status.code() == Code::NotFound => {
                let unknown = HealthCheckResponse {
                    status: ServingStatus::ServiceUnknown.into(),
                };
                let answers = once(ready(Ok(unknown))).chain(pending());
                Ok(Response::new(Box::pin(answers)))
            }
            Err(status) => Err(status),
        }
    }
}

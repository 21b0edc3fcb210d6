//! Health and reflection: answered by this process, without a rule, and within limits of their own.

use http::{Request, Response};
use muster_refusal::Refusal;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service as _;

use super::answer::{Answer, Buffered, CallPermits};
use super::deadline::{self, Time};
use super::pass::{Answered, finished};
use super::refuse;
use super::request_body::AbortReason;
use super::shared::Shared;
use crate::limits::{ClientAddress, RequestGuard};

/// Calls a minute from one network.
const CALLS_PER_MINUTE: u32 = 600;

impl Shared {
    pub(super) async fn answer_infrastructure(
        &self,
        routes: Routes,
        request: Request<Body>,
    ) -> Response<Body> {
        let guard = request.extensions().get::<RequestGuard>().cloned();
        let (head, body) = request.into_parts();
        let observation = self.parts.observer.begin(None, &head);
        let request = Request::from_parts(head, body);
        let passed = self.pass_infrastructure(routes, request).await;
        finished(passed, observation, guard)
    }

    async fn pass_infrastructure(
        &self,
        mut routes: Routes,
        request: Request<Body>,
    ) -> Result<Answered, Refusal> {
        let ClientAddress(address) = ClientAddress::of(request.extensions());
        self.rate
            .take("health and reflection", address, CALLS_PER_MINUTE)
            .map_err(refuse::too_often)?;
        let permit = self.capacity.infrastructure(address)?;
        let answered = timeout(deadline::UNARY, routes.call(request)).await;
        let response = answered
            .map_err(|_| refuse::too_late())?
            .unwrap_or_else(|never| match never {});
        let answer = Answer {
            time: Time::of_infrastructure(),
            abort_reason: AbortReason::default(),
            streams: self.parts.streams.clone(),
            held: CallPermits {
                authorization: None,
                _permit: permit,
                _upstream: None,
            },
        };
        Ok((
            response.map(|body| (Buffered::default(), Body::new(body))),
            answer,
        ))
    }
}

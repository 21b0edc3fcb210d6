//! The path of a call: who calls, the first message, the decision, the service, the answer.

use std::sync::Arc;

use http::{Request, Response};
use muster_access::MethodRule;
use muster_refusal::Refusal;
use tokio::time::timeout_at;
use tonic::body::Body;
use tracing::Instrument as _;

use super::answer::{self, Answer, Buffered, CallPermits};
use super::call::{Call, Entered, Received};
use super::messages::{Encoding, Messages};
use super::observe::{Decision, Observation};
use super::request_body::{Forwarding, request_body};
use super::shared::Shared;
use super::stream_authorization;
use super::{deadline, refuse};
use crate::limits::RequestGuard;
use crate::name::NAME;
use crate::upstream::{ResponseBody, UpstreamError};

/// An answer of which something may have been read already.
pub(super) type Answered = (Response<(Buffered, Body)>, Answer);

impl Shared {
    pub(super) async fn answer(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let rule = self.exposed(request.uri().path());
        let guard = request.extensions().get::<RequestGuard>().cloned();
        let (parts, body) = request.into_parts();
        let observation = self.parts.observer.begin(rule, &parts);
        let Some(rule) = rule else {
            return finished(Err(refuse::no_such_method()), observation, guard);
        };
        let mut call = Call::new(rule, parts, observation);
        let span = call.observation.span();
        let passed = self.pass(&mut call, body).instrument(span).await;
        finished(passed, call.observation, guard)
    }

    async fn pass(self: &Arc<Self>, call: &mut Call, body: Body) -> Result<Answered, Refusal> {
        self.capacity.check(call.rule)?;
        // Before anything is asked for that could only be thrown away.
        let guard = call.parts.extensions.get::<RequestGuard>();
        if guard.is_some_and(RequestGuard::is_unread) {
            return Err(refuse::unread());
        }
        call.observation.decided(Decision::Refused);
        let received = timeout_at(call.time.first(), self.receive(call, body)).await;
        let received = received.map_err(|_| refuse::too_late())??;
        let answered = timeout_at(call.time.end(), self.answering(call, received)).await;
        answered.map_err(|_| refuse::too_late())?
    }

    /// Who calls, and the first message.
    async fn receive(&self, call: &mut Call, body: Body) -> Result<Received, Refusal> {
        let Entered { who, permit } = self.enter(call).await?;
        let mut messages = Messages::new(body, Encoding::of(&call.parts.headers));
        let first = messages.first(call.rule.client_streaming).await?;
        let permit = self.capacity.of_all(call.rule, permit)?;
        Ok(Received {
            who,
            first,
            messages,
            permit,
        })
    }

    /// The head of the answer, and as much of the rest as is read before it is written.
    async fn answering(self: &Arc<Self>, call: &mut Call, received: Received) -> Result<Answered, Refusal> {
        if call.rule.area == NAME {
            // Boxed: this future is large and rarely needed.
            return Box::pin(self.answer_in_process(call, received)).await;
        }
        let (response, held) = self.forward(call, received).await?;
        let (head, mut body) = response.into_parts();
        let buffered = if call.time.streams() {
            Buffered::default()
        } else {
            answer::buffer(&mut body, &call.abort_reason, &mut call.observation).await
        };
        let rest = if buffered.is_whole() {
            Body::empty()
        } else {
            Body::new(body)
        };
        let answer = self.answer_of(call, held);
        Ok((Response::from_parts(head, (buffered, rest)), answer))
    }

    async fn forward(
        self: &Arc<Self>,
        call: &mut Call,
        received: Received,
    ) -> Result<(Response<ResponseBody>, CallPermits), Refusal> {
        let caller = Arc::clone(&received.who.caller);
        let admitted = self.admit(call, received.who, received.first.as_ref()).await?;
        if admitted.is_logged {
            // Boxed: this future is large, and only registry staff need it.
            Box::pin(self.log_read(call, &caller, received.first.as_ref())).await?;
        }
        let headers = self.outgoing(call, admitted.caller_token);
        let forwarding = Forwarding {
            guard: admitted.guard,
            idle: call.rule.client_streaming.then_some(deadline::IDLE),
            abort_reason: call.abort_reason.clone(),
        };
        let body = request_body(received.first, received.messages, forwarding);
        let authorization = admitted.authorization;
        let called = self.parts.upstreams.call(call.rule, headers, body);
        let answered = tokio::select! {
            answered = called => answered.map_err(|error| unanswered(call.rule, &error)),
            refusal = stream_authorization::revoked(authorization.as_ref()) => Err(refusal),
        };
        // A call that the edge ended itself fails at the service, too: the edge's own reason counts.
        let (response, upstream) = answered.map_err(|refusal| call.abort_reason.take().unwrap_or(refusal))?;
        let held = CallPermits {
            authorization,
            _permit: received.permit,
            _upstream: Some(upstream),
        };
        Ok((response, held))
    }

    /// What holds for the answer of this call.
    pub(super) fn answer_of(&self, call: &Call, held: CallPermits) -> Answer {
        Answer {
            time: call.time,
            abort_reason: call.abort_reason.clone(),
            streams: self.parts.streams.clone(),
            held,
        }
    }
}

/// A service that does not answer, as the caller is told.
fn unanswered(rule: &MethodRule, error: &UpstreamError) -> Refusal {
    match error {
        UpstreamError::Busy => refuse::overloaded(),
        UpstreamError::NoService => Refusal::unavailable(),
        UpstreamError::NoAnswer(cause) => {
            tracing::warn!(
                service = rule.area,
                error = cause as &dyn std::error::Error,
                "a service does not answer"
            );
            Refusal::unavailable()
        }
    }
}

/// The answer as it is written to the connection.
pub(super) fn finished(
    passed: Result<Answered, Refusal>,
    mut observation: Observation,
    guard: Option<RequestGuard>,
) -> Response<Body> {
    let ids = observation.ids();
    let mut response = match passed {
        Ok((response, answer)) => {
            observation.answered(response.headers());
            response.map(|(buffered, rest)| answer.body(buffered, rest, observation, guard))
        }
        Err(refusal) => {
            let mut response = refuse::response(refusal);
            observation.refused(response.headers_mut());
            response
        }
    };
    // For whoever translates the answer and fails.
    response.extensions_mut().insert(ids);
    response
}

//! The edge: one path for every call, whoever makes it.
//!
//! It knows no RPC by name. For each call it reads the rule that stands beside the RPC in the protos, finds out who
//! calls, reads the one field that the rule names from the raw message, asks the policies, and forwards the bytes
//! unchanged with a caller token for that one call. What it does not know it refuses.

mod admit;
mod answer;
mod backends;
mod capacity;
mod deadline;
mod forward;
mod guard;
mod headers;
mod identify;
mod messages;
mod observe;
mod own;
mod pipe;
mod refuse;
mod remembered;
mod standing;

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response};
use muster_access::{MethodRule, Rules};
use muster_clock::Clock;
use muster_identity::oidc::PersonVerifier;
use muster_identity::{CallerSigner, WorkloadVerifier};
use muster_refusal::Refusal;
use muster_telemetry::AccessLog;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Channel;
use tower::Service as _;
use tracing::Instrument as _;

use self::answer::{Answer, Read};
pub use self::backends::{Backends, NoBackend};
use self::backends::{Occupied, Received};
use self::capacity::{Capacity, Place, Who};
use self::deadline::Time;
use self::forward::{Forwarded, Verdict};
use self::identify::Identified;
use self::messages::Messages;
use self::observe::{Decision, Observation};
pub use self::observe::{Observer, Traces};
use self::remembered::Remembered;
use self::standing::Standing;
use crate::access::{self, Access};
use crate::connection::Running;
use crate::policy::Policies;
use crate::rate::RateLimiter;
use crate::roles::Roles;

/// What the edge is made of.
pub struct EdgeParts {
    /// The rules of every RPC. They live as long as the process.
    pub rules: &'static Rules,
    /// Decides about permissions.
    pub policies: Policies,
    /// Believes persons.
    pub persons: PersonVerifier,
    /// Believes workloads that call through the edge.
    pub workloads: WorkloadVerifier,
    /// Knows roles.
    pub roles: Roles,
    /// Tells services who calls.
    pub signer: CallerSigner,
    /// The services.
    pub backends: Backends,
    /// Time and ids.
    pub clock: Clock,
    /// Calls that may run at the same time.
    pub max_calls: usize,
    /// Calls a second of one caller who is signed in; `None`: as many as they like.
    pub calls_per_second: Option<NonZeroU32>,
    /// Cancelled when streams that still run are to end.
    pub streams: CancellationToken,
    /// Sees what becomes of calls.
    pub observer: Observer,
}

/// Calls of health and reflection a minute from one network.
const OWN_CALLS: u32 = 600;

/// The edge as a tower service, for the listener and for generated clients in this process. Cheap to clone. It answers
/// every call: what goes wrong is a status.
#[derive(Clone)]
pub struct Edge(Arc<Shared>);

struct Shared {
    parts: EdgeParts,
    rate: RateLimiter,
    capacity: Capacity,
    remembered: Remembered,
    access: Access,
}

/// A call whose first message is there.
struct Arrived {
    who: Identified,
    first: Option<Bytes>,
    messages: Messages,
}

impl Edge {
    /// An edge of these parts.
    pub fn new(parts: EdgeParts) -> Self {
        let rate = RateLimiter::new(parts.clock.clone());
        let capacity = Capacity::new(parts.max_calls);
        let remembered = Remembered::new(parts.clock.clone());
        let access = Access::new(parts.rules, parts.policies.clone(), parts.roles.clone());
        Self(Arc::new(Shared {
            parts,
            rate,
            capacity,
            remembered,
            access,
        }))
    }

    /// Answers a call.
    pub(crate) fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        Box::pin(Arc::clone(&self.0).answer(request))
    }

    /// Answers what the edge says about itself, within the edge's limits.
    pub(crate) async fn answer_own(self, own: Routes, request: Request<Body>) -> Response<Body> {
        self.0.answer_own(own, request).await
    }

    /// Where lines about calls go.
    pub(crate) fn access_log(&self) -> AccessLog {
        self.0.parts.observer.access_log()
    }

    /// A connection to each service.
    pub(crate) fn channels(&self) -> Vec<(String, Channel)> {
        let channels = self.0.parts.backends.channels();
        channels
            .map(|(area, channel)| (area.to_owned(), channel))
            .collect()
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

impl Shared {
    async fn answer(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let rule = self.exposed(request.uri().path());
        let running = request.extensions().get::<Running>().cloned();
        let mut observation = self.parts.observer.begin(rule, request.headers());
        let span = observation.span();
        let passed = self.pass(rule, request, &mut observation).instrument(span).await;
        carried(passed, observation, running)
    }

    /// Health and reflection: no rule, and few places.
    async fn answer_own(&self, mut own: Routes, request: Request<Body>) -> Response<Body> {
        let running = request.extensions().get::<Running>().cloned();
        let observation = self.parts.observer.begin(None, request.headers());
        let address = identify::address(request.extensions());
        let passed = async {
            self.rate
                .take("health and reflection", address, OWN_CALLS)
                .map_err(refuse::too_often)?;
            let place = self.capacity.own(address)?;
            let answered = timeout(deadline::UNARY, own.call(request)).await;
            let response = answered
                .map_err(|_| refuse::too_late())?
                .unwrap_or_else(|never| match never {});
            let answer = Answer {
                time: Time::of_own(),
                verdict: Verdict::default(),
                standing: None,
                streams: self.parts.streams.clone(),
                place,
                lane: None,
            };
            Ok((response.map(|body| (Read::default(), Body::new(body))), answer))
        };
        carried(passed.await, observation, running)
    }

    /// The rule of a method that can be called from outside. Internal methods do not exist here.
    fn exposed(&self, path: &str) -> Option<&'static MethodRule> {
        self.parts.rules.get(path).filter(|rule| !rule.is_internal())
    }

    async fn pass(
        self: &Arc<Self>,
        rule: Option<&'static MethodRule>,
        request: Request<Body>,
        observation: &mut Observation,
    ) -> Result<(Response<(Read, Body)>, Answer), Refusal> {
        let rule = rule.ok_or_else(refuse::no_such_method)?;
        self.capacity.look(rule)?;
        let time = Time::of(rule, request.headers());
        let (parts, body) = request.into_parts();
        observation.decided(Decision::Refused);
        let arrived = timeout_at(time.first(), self.arrive(rule, &parts, body));
        let (arrived, place) = arrived.await.map_err(|_| refuse::too_late())??;
        let verdict = Verdict::default();
        let answering = self.answering(rule, &parts, arrived, &time, &verdict, observation);
        let (response, lane, standing) = timeout_at(time.end(), answering)
            .await
            .map_err(|_| refuse::too_late())??;
        let streams = self.parts.streams.clone();
        let answer = Answer {
            time,
            verdict,
            standing,
            streams,
            place,
            lane,
        };
        Ok((response, answer))
    }

    /// The head of the answer, and as much of the rest as is read before it is written.
    async fn answering(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        parts: &Parts,
        arrived: Arrived,
        time: &Time,
        verdict: &Verdict,
        observation: &mut Observation,
    ) -> Result<(Response<(Read, Body)>, Option<Occupied>, Option<Standing>), Refusal> {
        if rule.area == access::AREA {
            // In a box: it is large, and rarely needed.
            let itself = Box::pin(self.answer_itself(rule, arrived, time, observation));
            let response = itself.await?;
            return Ok((response.map(|body| (Read::default(), body)), None, None));
        }
        let (response, lane, standing) = self
            .forward(rule, parts, arrived, time, verdict, observation)
            .await?;
        let (head, mut body) = response.into_parts();
        let read = if time.streams() {
            Read::default()
        } else {
            answer::read(&mut body, verdict, observation).await
        };
        let rest = if read.is_whole() {
            Body::empty()
        } else {
            Body::new(body)
        };
        Ok((Response::from_parts(head, (read, rest)), Some(lane), standing))
    }

    /// Who calls, and with what. A call takes its place only then: who has nothing to say yet keeps nobody out.
    async fn arrive(
        &self,
        rule: &'static MethodRule,
        parts: &Parts,
        body: Body,
    ) -> Result<(Arrived, Place), Refusal> {
        let who = self.identify(rule, parts).await?;
        if let Some(limit) = self.parts.calls_per_second {
            let taken = self.rate.take_of_caller(&who.caller, limit.get());
            taken.map_err(refuse::too_busy)?;
        }
        let counted = Who::of(&who.caller, identify::address(&parts.extensions));
        let share = self.capacity.share(rule, counted)?;
        let mut messages = Messages::new(body);
        let first = messages.first(rule.client_streaming).await?;
        let place = self.capacity.place(rule, share)?;
        let arrived = Arrived { who, first, messages };
        Ok((arrived, place))
    }

    async fn forward(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        parts: &Parts,
        arrived: Arrived,
        time: &Time,
        verdict: &Verdict,
        observation: &mut Observation,
    ) -> Result<(Response<Received>, Occupied, Option<Standing>), Refusal> {
        let Arrived { who, first, messages } = arrived;
        let admitted = self.admit(rule, who, first.as_ref(), time, observation).await?;
        let token = admitted.caller_token;
        let headers = self.outgoing(&parts.headers, token, observation.ids(), time);
        let idle = rule.client_streaming.then_some(deadline::IDLE);
        let body = Forwarded::new(messages, first, admitted.guard, idle, verdict.clone());
        let standing = admitted.standing;
        let answered = tokio::select! {
            answered = self.parts.backends.call(rule, headers, body) => answered,
            refusal = standing::lost(standing.as_ref()) => Err(refusal),
        };
        // A call that we ended ourselves fails at the backend, too: what we found is the reason.
        let (response, lane) = answered.map_err(|refusal| verdict.take().unwrap_or(refusal))?;
        Ok((response, lane, standing))
    }
}

fn carried(
    passed: Result<(Response<(Read, Body)>, Answer), Refusal>,
    mut observation: Observation,
    running: Option<Running>,
) -> Response<Body> {
    match passed {
        Ok((response, answer)) => {
            observation.answered(response.headers());
            response.map(|(read, body)| answer.of(read, body, observation, running))
        }
        Err(refusal) => {
            let mut response = refuse::response(refusal);
            observation.refused(response.headers_mut());
            response
        }
    }
}

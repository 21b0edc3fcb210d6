//! Calls to another service of the suite: as this workload, within the deadline, in the current trace.
//!
//! A [`Peer`] is what generated clients are built on:
//!
//! ```no_run
//! # use muster_server::Peer;
//! # use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
//! # fn example(peer: Peer) {
//! let mut organization = RolesInternalServiceClient::new(peer);
//! # }
//! ```

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use muster_access::MethodRule;
use muster_client::transport::{Failure, Limits, RetryBudget, endpoint, grpc_timeout, send};
use muster_database::deadline;
use muster_identity::WorkloadTokens;
use muster_refusal::Refusal;
use muster_telemetry::propagation;
use muster_tls::Trust;
use rand::seq::SliceRandom as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service, service_fn};
use tracing::Instrument;

use crate::front::body::Watched;
use crate::front::observe::{Observation, Side};
use crate::front::{LIFE, UNARY, deadline_exceeded};
use crate::method_rules;
use crate::settings::PeerUrls;

/// The longest that all attempts to connect may take together: less than the connection itself waits, so that what went wrong is known.
const CONNECT: Duration = Duration::from_millis(1_800);

/// Another service of the suite. Cheap to clone; clones share the connection and the retry budget.
#[derive(Clone, Debug)]
pub struct Peer {
    channel: Channel,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    service: &'static str,
    tokens: Arc<WorkloadTokens>,
    budget: RetryBudget,
}

impl Peer {
    /// The service of this name at these URLs, called with the token that `tokens` holds for it. Connects at the first
    /// call, and again (resolving the name again) whenever the connection is gone: of several, to any one that can be reached. By
    /// https, whoever answers must be vouched for by `trust`.
    #[must_use]
    pub fn new(
        service: &'static str,
        urls: &PeerUrls,
        tokens: Arc<WorkloadTokens>,
        trust: &Arc<Trust>,
    ) -> Self {
        let shared = Shared {
            service,
            tokens,
            budget: RetryBudget::default(),
        };
        Self {
            channel: channel(urls, trust),
            shared: Arc::new(shared),
        }
    }
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { channel, shared } = self.clone();
        Box::pin(async move {
            let rule = method_rules::get(request.uri().path());
            let mut observation = Observation::begin(Side::Client, rule, request.headers());
            let span = observation.span();
            let limits = Limits::of(rule, end_of(rule, request.headers()));
            let answered = shared.send(&channel, request, &limits).instrument(span).await;
            match answered {
                Ok(mut response) => {
                    observation.ended_with(response.headers_mut());
                    let end = limits.end;
                    Ok(response.map(|body| Body::new(Watched::new(body, observation).until(end))))
                }
                Err(status) => {
                    observation.ended(status.code());
                    Err(status)
                }
            }
        })
    }
}

impl Shared {
    async fn send(
        &self,
        channel: &Channel,
        mut request: Request<Body>,
        limits: &Limits,
    ) -> Result<Response<Body>, Status> {
        self.sign(request.headers_mut())?;
        propagation::inject(request.headers_mut());
        send(channel, request, limits, &self.budget)
            .await
            .map_err(no_answer)
    }

    fn sign(&self, headers: &mut HeaderMap) -> Result<(), Status> {
        let token = self.tokens.get(self.service).map_err(|error| {
            tracing::error!(service = self.service, %error, "no workload token for this service");
            Refusal::unavailable()
        })?;
        let mut value =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Refusal::unavailable())?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }
}

/// The connection to another service; made when it is needed. Of several URLs it is to any one that can be reached. By https,
/// whoever answers must be vouched for by `trust`.
#[must_use]
pub fn channel(urls: &PeerUrls, trust: &Arc<Trust>) -> Channel {
    let first = urls.first().uri();
    if !urls.are_https() && !urls.are_several() {
        return endpoint(first).connect_lazy();
    }
    let trust = urls.are_https().then(|| Arc::clone(trust));
    let ways = urls.iter().map(|url| (url.host().to_owned(), url.port()));
    let ways: Arc<[Way]> = ways.collect();
    let connecting = service_fn(move |_: Uri| {
        let (ways, trust) = (Arc::clone(&ways), trust.clone());
        async move { connect(&ways, trust.as_deref()).await.map(TokioIo::new) }
    });
    // tonic would look for a TLS of its own at an endpoint of https; requests name the origin.
    endpoint(&in_the_clear(first))
        .origin(first.clone())
        .connect_with_connector_lazy(connecting)
}

/// The host and port of a URL.
type Way = (String, u16);

/// A connection, in plain text or by TLS.
type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Connects to one of them, trying each in turn. They begin with any: each process has one connection, and all of them together are
/// to be spread over all replicas.
async fn connect(ways: &[Way], trust: Option<&Trust>) -> io::Result<Stream> {
    let mut left: Vec<&Way> = ways.iter().collect();
    left.shuffle(&mut rand::rng());
    let share = CONNECT / u32::try_from(left.len()).unwrap_or(u32::MAX);
    let mut problem = io::Error::from(io::ErrorKind::NotFound);
    for way in left {
        match timeout(share, connect_to(way, trust)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => problem = error,
            Err(late) => problem = late.into(),
        }
    }
    Err(problem)
}

async fn connect_to((host, port): &Way, trust: Option<&Trust>) -> io::Result<Stream> {
    let stream = TcpStream::connect((host.as_str(), *port)).await?;
    stream.set_nodelay(true)?;
    match trust {
        None => Ok(Either::Left(stream)),
        Some(trust) => Ok(Either::Right(trust.connect(host, stream).await?)),
    }
}

fn in_the_clear(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    Uri::from_parts(parts).unwrap_or_default()
}

/// The deadline of the call that is being answered, or the one the request carries already; otherwise as long as a callee
/// would work on it.
fn end_of(rule: Option<&MethodRule>, headers: &HeaderMap) -> Instant {
    let streams = rule.is_none_or(|rule| rule.client_streaming || rule.server_streaming);
    let longest = Instant::now() + if streams { LIFE } else { UNARY };
    let asked = grpc_timeout(headers).map(|asked| Instant::now() + asked);
    [deadline::current(), asked]
        .into_iter()
        .flatten()
        .fold(longest, Instant::min)
}

fn no_answer(failure: Failure) -> Status {
    match failure {
        Failure::Deadline => deadline_exceeded(),
        Failure::NotSent | Failure::Broken => Refusal::unavailable().into(),
        Failure::Request(status) => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_inherits_the_deadline_it_is_made_within() {
        let end = Instant::now() + Duration::from_millis(700);
        let inherited = deadline::scope(Some(end), async { end_of(None, &HeaderMap::new()) }).await;
        assert_eq!(inherited, end);
    }
}

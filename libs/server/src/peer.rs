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

mod attempt;
mod budget;
mod channel;
mod retry;

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, Response};
use muster_identity::WorkloadTokens;
use muster_refusal::Refusal;
use muster_telemetry::propagation;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;
use tracing::Instrument;

use crate::front::body::Watched;
use crate::front::observe::{Observation, Side};
use crate::rules;
use crate::settings::PeerUrl;
use budget::Budget;
pub use channel::channel;
use retry::Limits;

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
    budget: Budget,
}

impl Peer {
    /// The service of this name at this URL, called with the token that `tokens` holds for it. Connects at the first
    /// call, and again (resolving the name again) whenever the connection is gone.
    #[must_use]
    pub fn new(service: &'static str, url: &PeerUrl, tokens: Arc<WorkloadTokens>) -> Self {
        let shared = Shared {
            service,
            tokens,
            budget: Budget::default(),
        };
        Self {
            channel: channel::lazy(url),
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
            let rule = rules::get(request.uri().path());
            let mut observation = Observation::begin(Side::Client, rule, request.headers());
            let span = observation.span();
            let limits = Limits::of(rule, request.headers());
            let answered = shared.send(&channel, request, &limits).instrument(span).await;
            match answered {
                Ok(mut response) => {
                    observation.ended_with(response.headers_mut());
                    let end = limits.end();
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
        if limits.replayable() {
            retry::send(channel, request, limits, &self.budget).await
        } else {
            attempt::send(channel, request, limits)
                .await
                .map_err(Status::from)
        }
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

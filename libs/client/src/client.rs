//! One caller at one gateway.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

use crate::transport::{Bounded, Failure, Limits, RetryBudget, channel, grpc_timeout, send};
use crate::{ReasonError, TokenSource, TraceId, reason, rules};

/// How long a unary call may take where nothing else is said. The gateway is told, and stops working on it then.
const UNARY: Duration = Duration::from_secs(10);
/// The same of a stream.
const STREAM: Duration = Duration::from_secs(30 * 60);

/// One caller at one gateway. Cheap to clone; all clones, and those of other callers made with [`Client::with_token`], share
/// one connection and one budget of retries.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
    budget: Arc<RetryBudget>,
    token: Option<TokenSource>,
    reason: Option<HeaderValue>,
    timeout: Duration,
    latest: Arc<Mutex<Option<TraceId>>>,
}

/// The gateway's address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It is no address.
    #[error("{0} is no address of a gateway: write it as https://host or http://host:port")]
    Address(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] tonic::transport::Error),
}

impl Client {
    /// Nobody yet, who may call what is public, at the gateway of this address (`https://host`, `http://host:port`).
    /// Connects at the first call, and again whenever the connection is gone.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn connect(gateway: &str) -> Result<Self, ConnectError> {
        let uri: Uri = gateway
            .parse()
            .map_err(|_| ConnectError::Address(gateway.to_owned()))?;
        if uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(ConnectError::Address(gateway.to_owned()));
        }
        Ok(Self::on(channel(&uri).map_err(ConnectError::Tls)?))
    }

    /// The same over a channel with settings of one's own.
    #[must_use]
    pub fn on(channel: Channel) -> Self {
        Self {
            channel,
            budget: Arc::default(),
            token: None,
            reason: None,
            timeout: UNARY,
            latest: Arc::default(),
        }
    }

    /// One who calls with tokens from this source, over the same connection.
    #[must_use]
    pub fn with_token(&self, token: TokenSource) -> Self {
        Self {
            token: Some(token),
            latest: Arc::default(),
            ..self.clone()
        }
    }

    /// The same caller, who says with every call why they look at what is personal: registry staff are asked for it, and the
    /// organization and whoever it concerns can read it. White space around it is no part of it.
    ///
    /// ```no_run
    /// use muster_client::{Client, acts};
    ///
    /// # async fn example(staff: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let staff = staff.with_reason("ticket 4711: Jürgen cannot sign in")?;
    /// let employment = acts::employment::get(&staff, "organizations/01a2…/employments/01b3…").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// It is not 1 to 500 characters of one line that can be read.
    pub fn with_reason(&self, reason: &str) -> Result<Self, ReasonError> {
        Ok(Self {
            reason: Some(reason::header(reason)?),
            ..self.clone()
        })
    }

    /// The same caller, whose unary calls end after `timeout`, retries included. A request that asks for less
    /// ([`tonic::Request::set_timeout`]) gets less.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            timeout,
            ..self.clone()
        }
    }

    /// The trace of this caller's latest call, whatever came of it.
    #[must_use]
    pub fn latest_trace(&self) -> Option<TraceId> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let trace = TraceId::begin(request.headers_mut());
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(trace.clone());
        match self.exchange(request).await {
            Ok(mut response) => {
                trace.write(response.headers_mut());
                Ok(response)
            }
            Err(mut status) => {
                trace.write(status.metadata_mut().as_mut());
                Err(status)
            }
        }
    }

    async fn exchange(&self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        let limits = self.limits(request.uri().path(), request.headers());
        if let Some(token) = &self.token {
            let value = token.header().await.map_err(no_token)?;
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        if let Some(reason) = &self.reason {
            request.headers_mut().insert(reason::NAME, reason.clone());
        }
        let answered = send(&self.channel, request, &limits, &self.budget).await;
        let end = limits.end;
        answered
            .map(|response| response.map(|body| Body::new(Bounded::new(body, end))))
            .map_err(no_answer)
    }

    fn limits(&self, path: &str, headers: &HeaderMap) -> Limits {
        let rule = rules::get(path);
        let streams = rule.is_none_or(|rule| rule.client_streaming || rule.server_streaming);
        let longest = if streams { STREAM } else { self.timeout };
        let time = grpc_timeout(headers).map_or(longest, |asked| asked.min(longest));
        Limits::of(rule, Instant::now() + time)
    }
}

impl Service<Request<Body>> for Client {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let client = self.clone();
        Box::pin(async move { client.answer(request).await })
    }
}

fn no_token(error: crate::TokenError) -> Status {
    let mut status = Status::unauthenticated(error.to_string());
    status.set_source(Arc::new(error));
    status
}

fn no_answer(failure: Failure) -> Status {
    match failure {
        Failure::Deadline => Status::deadline_exceeded("no answer came in time"),
        Failure::NotSent => Status::unavailable("the gateway cannot be reached"),
        Failure::Broken => Status::unavailable("the connection to the gateway broke"),
        Failure::Request(status) => status,
    }
}

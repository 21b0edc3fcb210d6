//! A client that tries again on UNAVAILABLE, as every honest client does: test machines are busy. And what was not sent, since the
//! connection ended at that very moment, it sends on the next one: services end connections that are five minutes old.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use muster_client::transport::Failure;
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::{Service, ServiceExt};

/// A service that is well answers long before; one whose peer is away is taken at its word after three seconds.
const TRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(50);
const UNAVAILABLE: &str = "14";

/// The channel of test clients: whoever is still refused after the last try is told so.
#[derive(Debug, Clone)]
pub struct RetryingChannel(Channel);

impl RetryingChannel {
    pub(crate) fn new(channel: Channel) -> Self {
        Self(channel)
    }
}

impl Service<Request<Body>> for RetryingChannel {
    type Response = Response<Body>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response<Body>, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let channel = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await.expect("requests of tests end").to_bytes();
            let mut tries = 1;
            loop {
                let body = Full::new(bytes.clone()).map_err(|never: Infallible| match never {});
                let request = Request::from_parts(parts.clone(), Body::new(body));
                match channel.clone().oneshot(request).await {
                    Ok(response) if tries == TRIES || !is_unavailable(&response) => return Ok(response),
                    Ok(_) => {}
                    // Once: nobody waits for a service that is away.
                    Err(error) if tries == 1 && matches!(Failure::of(&error), Failure::NotSent) => {}
                    Err(error) => return Err(error),
                }
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
        })
    }
}

/// A refusal has its status in the headers: nothing else comes.
fn is_unavailable(response: &Response<Body>) -> bool {
    let status = response.headers().get("grpc-status");
    status.is_some_and(|status| status == UNAVAILABLE)
}

//! A client that tries again on UNAVAILABLE, as every honest client does: test machines are busy.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::{Service, ServiceExt};

const TRIES: u32 = 400;
const PAUSE: Duration = Duration::from_millis(50);
const UNAVAILABLE: &str = "14";

/// The channel.
#[derive(Debug, Clone)]
pub(crate) struct Patient(pub(crate) Channel);

impl Service<Request<Body>> for Patient {
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
            for _ in 1..TRIES {
                let body = Full::new(bytes.clone()).map_err(|never: Infallible| match never {});
                let request = Request::from_parts(parts.clone(), Body::new(body));
                let response = channel.clone().oneshot(request).await?;
                let status = response
                    .headers()
                    .get("grpc-status")
                    .and_then(|status| status.to_str().ok());
                if status != Some(UNAVAILABLE) {
                    return Ok(response);
                }
                tokio::time::sleep(PAUSE).await;
            }
            panic!("unavailable for {:?}", PAUSE * TRIES);
        })
    }
}

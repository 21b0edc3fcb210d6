//! One attempt: sent once, waited for until the deadline.

use std::error::Error;

use http::{Request, Response};
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::transport::Channel;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tower::{Service, ServiceExt};

use super::limits::Limits;

/// Why an attempt brought no answer.
#[derive(Debug)]
pub enum Failure {
    /// The deadline passed.
    Deadline,
    /// The request never reached the other side: whatever it asks for, it may be sent again.
    NotSent,
    /// The connection broke; the other side may have acted.
    Broken,
    /// The request itself could not be read to its end.
    Request(Status),
}

pub(super) async fn send(
    channel: &Channel,
    mut request: Request<Body>,
    limits: &Limits,
) -> Result<Response<Body>, Failure> {
    limits.write(request.headers_mut()).ok_or(Failure::Deadline)?;
    let mut channel = channel.clone();
    let exchange = async {
        let ready = channel.ready().await.map_err(|error| failure(&error))?;
        ready.call(request).await.map_err(|error| failure(&error))
    };
    timeout_at(limits.end, exchange)
        .await
        .unwrap_or(Err(Failure::Deadline))
}

/// Whether the answer asks to be tried again: a refusal without messages carries its code in the headers.
pub(super) fn is_unavailable(response: &Response<Body>) -> bool {
    let code = response.headers().get(Status::GRPC_STATUS);
    code.is_some_and(|code| Code::from_bytes(code.as_bytes()) == Code::Unavailable)
}

fn failure(error: &tonic::transport::Error) -> Failure {
    tracing::debug!(error = error as &dyn Error, "no answer came");
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        // The channel has a timer of its own for `grpc-timeout`.
        if error.is::<TimeoutExpired>() {
            return Failure::Deadline;
        }
        let canceled = error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled);
        if canceled || error.is::<ConnectError>() {
            return Failure::NotSent;
        }
        cause = error.source();
    }
    Failure::Broken
}

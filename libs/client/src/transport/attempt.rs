//! One attempt: sent once, waited for until the deadline.

use std::error::Error;

use http::{Request, Response, StatusCode};
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
        let ready = channel.ready().await.map_err(|error| Failure::of(&error))?;
        let answered = ready.call(request).await.map_err(|error| Failure::of(&error));
        answered.map(in_grpc)
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

/// gRPC is always answered with 200. Any other answer is of something in between, such as a load balancer without a server, and
/// means what gRPC says it does (doc/http-grpc-status-mapping.md of grpc/grpc).
fn in_grpc(response: Response<Body>) -> Response<Body> {
    let status = response.status();
    if status == StatusCode::OK {
        return response;
    }
    let code = match status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    Status::new(code, format!("something on the way answered with HTTP {status}")).into_http()
}

impl Failure {
    /// What the failure of a channel means.
    #[must_use]
    pub fn of(error: &tonic::transport::Error) -> Self {
        tracing::debug!(error = error as &dyn Error, "no answer came");
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            // The channel has a timer of its own for `grpc-timeout`.
            if error.is::<TimeoutExpired>() {
                return Self::Deadline;
            }
            let canceled = error
                .downcast_ref::<hyper::Error>()
                .is_some_and(hyper::Error::is_canceled);
            if canceled || error.is::<ConnectError>() {
                return Self::NotSent;
            }
            cause = error.source();
        }
        Self::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_something_in_between_is_read_as_grpc_says() {
        let read = |status: u16| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            let response = in_grpc(response);
            assert_eq!(response.status(), StatusCode::OK);
            let told = Status::from_header_map(response.headers());
            (told.map(|status| status.code()), is_unavailable(&response))
        };
        assert_eq!(read(200), (None, false));
        for status in [429, 502, 503, 504] {
            assert_eq!(read(status), (Some(Code::Unavailable), true), "{status}");
        }
        assert_eq!(read(404), (Some(Code::Unimplemented), false));
        assert_eq!(read(418), (Some(Code::Unknown), false));
    }
}

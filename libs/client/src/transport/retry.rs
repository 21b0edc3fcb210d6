//! When an attempt may be made again.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, sleep};
use tonic::body::Body;
use tonic::transport::Channel;

use super::attempt::{self, Failure};
use super::budget::RetryBudget;
use super::limits::Limits;

const ATTEMPTS: u32 = 3;
/// The longest pause before the second attempt; before each further one it may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Sends a request: up to three times where that is allowed, never past the deadline or the budget. What is streamed is sent
/// once.
///
/// # Errors
/// No answer came.
pub async fn send(
    channel: &Channel,
    request: Request<Body>,
    limits: &Limits,
    budget: &RetryBudget,
) -> Result<Response<Body>, Failure> {
    if limits.replayable {
        send_again(channel, request, limits, budget).await
    } else {
        attempt::send(channel, request, limits).await
    }
}

async fn send_again(
    channel: &Channel,
    request: Request<Body>,
    limits: &Limits,
    budget: &RetryBudget,
) -> Result<Response<Body>, Failure> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(Failure::Request)?.to_bytes();
    let mut attempts = 1;
    loop {
        let outcome = attempt::send(channel, copy(&head, &body), limits).await;
        if !allows(limits, &outcome) {
            // A server that fails or does not answer earns no retries.
            if outcome
                .as_ref()
                .is_ok_and(|response| !attempt::is_unavailable(response))
            {
                budget.give();
            }
            return outcome;
        }
        let pause = pause_after(attempts);
        let in_time = Instant::now() + pause < limits.end;
        if attempts == ATTEMPTS || !in_time || !budget.take() {
            return outcome;
        }
        tracing::Span::current().record("rpc.request.resend_count", i64::from(attempts));
        sleep(pause).await;
        attempts += 1;
    }
}

/// Whether the outcome allows another attempt.
fn allows(limits: &Limits, outcome: &Result<Response<Body>, Failure>) -> bool {
    match outcome {
        Ok(response) => limits.retry_safe && attempt::is_unavailable(response),
        Err(Failure::NotSent) => true,
        Err(Failure::Broken) => limits.retry_safe,
        Err(Failure::Deadline | Failure::Request(_)) => false,
    }
}

/// After so many attempts. Full jitter: callers that failed together do not come back together.
fn pause_after(attempts: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.pow(attempts - 1)).mul_f64(rand::random())
}

fn copy(head: &Parts, body: &Bytes) -> Request<Body> {
    let mut request = Request::new(Body::new(Full::new(body.clone())));
    request.method_mut().clone_from(&head.method);
    request.uri_mut().clone_from(&head.uri);
    *request.version_mut() = head.version;
    request.headers_mut().clone_from(&head.headers);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_sent_may_be_sent_again_and_what_may_have_acted_only_by_contract() {
        let limits = |retry_safe| Limits {
            end: Instant::now(),
            replayable: true,
            retry_safe,
        };
        assert!(allows(&limits(false), &Err(Failure::NotSent)));
        assert!(!allows(&limits(false), &Err(Failure::Broken)));
        assert!(allows(&limits(true), &Err(Failure::Broken)));
        assert!(!allows(&limits(true), &Err(Failure::Deadline)));
    }
}

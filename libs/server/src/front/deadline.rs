//! How long a call may take.

use std::time::Duration;

use http::HeaderMap;
use muster_access::MethodRule;
use muster_database::deadline;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::body::LIFE;
use crate::failure;

/// The longest a unary call runs.
pub(crate) const UNARY: Duration = Duration::from_secs(5);

/// The time of one call.
pub(crate) struct Time {
    /// When the handler is stopped.
    end: Instant,
    /// What statements and calls made on the way are held to. A stream whose client set no limit has none: its
    /// statements have the general limit.
    deadline: Option<Instant>,
}

impl Time {
    pub(crate) fn of(rule: &MethodRule, headers: &HeaderMap) -> Self {
        let now = Instant::now();
        let asked = grpc_timeout(headers).map(before_the_client);
        if rule.client_streaming || rule.server_streaming {
            let deadline = asked.map(|asked| now + asked.min(LIFE));
            return Self {
                end: deadline.unwrap_or(now + LIFE),
                deadline,
            };
        }
        let end = now + asked.unwrap_or(UNARY).min(UNARY);
        Self {
            end,
            deadline: Some(end),
        }
    }

    /// Runs the handler; drops it at the deadline.
    pub(crate) async fn run<F: Future>(self, handler: F) -> Result<F::Output, Status> {
        timeout_at(self.end, deadline::scope(self.deadline, handler))
            .await
            .map_err(|_| exceeded())
    }
}

/// The refusal of a call that took too long, as it is sent.
pub(crate) fn exceeded() -> Status {
    failure::deadline_exceeded().into()
}

/// Our answer must come before the client stops listening, and before the transport's own timer.
fn before_the_client(asked: Duration) -> Duration {
    asked.saturating_sub((asked / 20).min(Duration::from_millis(20)))
}

/// What `grpc-timeout` asks for: at most eight digits and a unit (gRPC over HTTP/2). Nothing, if it says anything else.
#[must_use]
pub fn grpc_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.is_empty() || number.len() > 8 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().unwrap());
        grpc_timeout(&headers)
    }

    #[test]
    fn grpc_timeouts_are_read() {
        assert_eq!(parsed("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parsed("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for bad in ["", "m", "1", "-1S", "123456789S", "1x"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_is_stopped_at_its_deadline_and_knows_it() {
        let end = Instant::now() + Duration::from_millis(100);
        let time = Time {
            end,
            deadline: Some(end),
        };
        let stopped = time.run(async {
            assert_eq!(deadline::current(), Some(end));
            std::future::pending::<()>().await;
        });
        assert_eq!(stopped.await.unwrap_err().code(), tonic::Code::DeadlineExceeded);
        assert_eq!(Instant::now(), end);
    }
}

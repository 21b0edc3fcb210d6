//! How long a call may take.

use std::time::Duration;

use http::HeaderMap;
use muster_access::MethodRule;
use muster_client::transport::grpc_timeout;
use muster_database::deadline;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use crate::failure;

/// The longest a stream may say nothing.
pub(crate) const IDLE: Duration = Duration::from_secs(30);
/// The longest a stream lives.
pub(crate) const LIFE: Duration = Duration::from_secs(30 * 60);
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

#[cfg(test)]
mod tests {
    use super::*;

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

//! Until when a call may take, and whether it may be sent again.

use http::{HeaderMap, HeaderValue};
use muster_access::MethodRule;
use tokio::time::Instant;

/// The bounds of one call.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The deadline.
    pub end: Instant,
    /// The client sends one message, which can be kept and sent again.
    pub replayable: bool,
    /// The contract says that a repetition does no harm.
    pub retry_safe: bool,
}

impl Limits {
    /// Until then, and by what the contract says of the method; nothing is sent again of what is not in it.
    #[must_use]
    pub fn of(rule: Option<&MethodRule>, end: Instant) -> Self {
        Self {
            end,
            replayable: rule.is_some_and(|rule| !rule.client_streaming),
            retry_safe: rule.is_some_and(|rule| rule.retry_safe),
        }
    }

    /// Writes the time left as `grpc-timeout`; `None` when there is none left.
    pub(super) fn write(&self, headers: &mut HeaderMap) -> Option<()> {
        let left = self
            .end
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())?;
        // At most eight digits: milliseconds reach a day.
        let text = format!("{}m", left.as_millis().max(1));
        headers.insert("grpc-timeout", HeaderValue::try_from(text).ok()?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_left_is_told() {
        let limits = Limits::of(None, Instant::now() + Duration::from_millis(700));
        let mut headers = HeaderMap::new();
        limits.write(&mut headers).unwrap();
        assert_eq!(headers["grpc-timeout"], "700m");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(limits.write(&mut headers).is_none());
    }
}

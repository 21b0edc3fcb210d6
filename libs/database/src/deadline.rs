//! The deadline of the call that is being answered, known to everything that the call awaits.
//!
//! The server shell sets it with [`scope`]; statements, outgoing calls and retries stop at it. It lives here because
//! this is the lowest room that needs it. A spawned task does not inherit it.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Option<Instant>;
}

/// Runs `future` with this deadline; `None` takes the deadline away (background work).
pub async fn scope<F: Future>(deadline: Option<Instant>, future: F) -> F::Output {
    DEADLINE.scope(deadline, future).await
}

/// The deadline of the current call, if it has one.
#[must_use]
pub fn current() -> Option<Instant> {
    DEADLINE.try_with(|deadline| *deadline).ok().flatten()
}

/// The time left until the deadline: zero when it has passed, `None` without a deadline.
#[must_use]
pub fn remaining() -> Option<Duration> {
    current().map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// Whether the current call's deadline has passed.
#[must_use]
pub fn has_passed() -> bool {
    remaining() == Some(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_left_shrinks_to_zero() {
        assert_eq!(remaining(), None);
        let deadline = Instant::now() + Duration::from_secs(2);
        scope(Some(deadline), async {
            assert_eq!(remaining(), Some(Duration::from_secs(2)));
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert!(has_passed());
            scope(None, async { assert_eq!(current(), None) }).await;
        })
        .await;
        assert!(!has_passed());
    }
}

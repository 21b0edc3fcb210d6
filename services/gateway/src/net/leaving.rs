//! Connections of HTTP/1.1 that are to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderValue, Response, header};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

/// After its age, one of HTTP/1.1 that is used no more is closed: a request that comes at that very moment is lost.
const UNUSED: Duration = Duration::from_secs(60);

/// A connection of HTTP/1.1 that is to end: its client is told so in an answer, because whoever closes it when nothing seems to be
/// under way takes with it the request that is just coming.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving(Arc<AtomicBool>);

impl Leaving {
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says it in this answer, if it has begun: then the connection ends with it.
    pub(super) fn tell<B>(&self, response: &mut Response<B>) {
        if self.has_begun() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
    }

    /// Until no request is under way, [`UNUSED`] after the last look that saw one.
    pub(super) async fn unused(&self, in_flight: &TaskTracker) {
        loop {
            sleep(UNUSED).await;
            if in_flight.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use tokio::time::{Instant, timeout};
    use tonic::body::Body;

    use super::super::cancel_budget::{CancelBudget, FinishedCall};
    use super::*;

    #[tokio::test]
    async fn an_answer_says_that_the_connection_ends_once_it_is_old() {
        let leaving = Leaving::default();
        let answer = async || {
            let call = Box::pin(ready(Response::new(Body::default())));
            let budget = CancelBudget::new(muster_clock::Clock::system());
            let told = FinishedCall::new(call, budget, None).leaving(Some(leaving.clone()));
            let Ok(response) = told.await;
            response.headers().get(header::CONNECTION).cloned()
        };
        assert_eq!(answer().await, None);
        leaving.begin();
        assert_eq!(answer().await.unwrap(), "close");
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_connection_is_closed_when_nothing_came_on_it_for_a_minute() {
        let (leaving, in_flight) = (Leaving::default(), TaskTracker::new());
        let begun = Instant::now();
        let request = in_flight.token();
        let mut unused = std::pin::pin!(leaving.unused(&in_flight));
        assert!(
            timeout(UNUSED * 2, &mut unused).await.is_err(),
            "a request is under way"
        );
        drop(request);
        unused.await;
        assert!(begun.elapsed() <= UNUSED * 3);
    }
}

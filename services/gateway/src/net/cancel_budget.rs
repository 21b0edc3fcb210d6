//! What becomes of calls that their clients cancel.
//!
//! A cancelled call is cancelled at the service, too, so that it need not finish. But a client that calls and cancels as
//! fast as it can (rapid reset, CVE-2023-44487) would do the same to the services, over connections that everybody's calls
//! share: services cut those off, and others' calls with them. So only a few cancellations a second are passed on; calls
//! cancelled beyond that stand in line for it. Until their turn comes they run on and keep their permits, and where one ends
//! before, its answer is thrown away: a call that never would, such as a watch at a service that hangs, does not outlive its client for
//! longer than the line is. And a network that cancels more than people and their programs do has the connections on which it does so
//! read more slowly.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Response;
use muster_clock::Clock;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use tonic::body::Body;

use super::leaving::Leaving;
use crate::limits::{RateLimiter, RequestGuard};

/// Cancellations that are passed on at once: hyper's servers cut a connection off at 20 that they have not looked at yet.
/// And how soon there may be one more.
const BURST: u32 = 10;
const INTERVAL: Duration = Duration::from_millis(20);

/// Cancellations of one network that cost it nothing: so many at once, and a sixtieth of that each second.
const FREE_PER_MINUTE: u32 = 120;
const KIND: &str = "cancelled";

/// How many cancellations may be passed on now, and how many each network has. Cheap to clone: clones are one budget.
#[derive(Clone, Debug)]
pub(crate) struct CancelBudget {
    full_at: Arc<Mutex<Instant>>,
    /// Who waits for it: the first of them looks, the others wait for it to be gone.
    line: Arc<tokio::sync::Mutex<()>>,
    by_network: Arc<RateLimiter>,
}

/// A call that runs on when it is dropped, until the budget lets it be cancelled.
pub(crate) struct FinishedCall {
    call: Option<BoxFuture<'static, Response<Body>>>,
    budget: CancelBudget,
    guard: Option<RequestGuard>,
    leaving: Option<Leaving>,
}

impl CancelBudget {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            full_at: Arc::new(Mutex::new(Instant::now())),
            line: Arc::default(),
            by_network: Arc::new(RateLimiter::new(clock)),
        }
    }

    /// Counts one that this request's network takes back.
    fn count(&self, guard: &RequestGuard) {
        if self
            .by_network
            .take(KIND, guard.address(), FREE_PER_MINUTE)
            .is_err()
        {
            guard.cancelled();
        }
    }

    /// Waits until one more may be passed on, in the order of those who wait.
    async fn turn(&self) {
        let _first = self.line.lock().await;
        while !self.take() {
            sleep(INTERVAL).await;
        }
    }

    /// Whether one more may be passed on. Keeps when the budget will be full again.
    fn take(&self) -> bool {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let then = (*full_at).max(now) + INTERVAL;
        let may = then <= now + INTERVAL * BURST;
        if may {
            *full_at = then;
        }
        may
    }
}

impl FinishedCall {
    /// The guard is held for as long as the client waits.
    pub(crate) fn new(
        call: BoxFuture<'static, Response<Body>>,
        budget: CancelBudget,
        guard: Option<RequestGuard>,
    ) -> Self {
        Self {
            call: Some(call),
            budget,
            guard,
            leaving: None,
        }
    }

    /// Its answer says whether the connection ends with it.
    pub(super) fn leaving(mut self, leaving: Option<Leaving>) -> Self {
        self.leaving = leaving;
        self
    }
}

impl Future for FinishedCall {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(call) = &mut self.call else {
            return Poll::Pending;
        };
        let answered = call.as_mut().poll(context);
        if answered.is_ready() {
            self.call = None;
        }
        answered.map(|mut response| {
            if let Some(leaving) = &self.leaving {
                leaving.tell(&mut response);
            }
            Ok(response)
        })
    }
}

impl Drop for FinishedCall {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        if let Some(guard) = &self.guard {
            self.budget.count(guard);
        }
        // Without a runtime the gateway ends, and everything with it.
        if let (false, Ok(runtime)) = (self.budget.take(), Handle::try_current()) {
            let budget = self.budget.clone();
            runtime.spawn(async move {
                tokio::select! {
                    _ = call => {}
                    () = budget.turn() => {}
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::SeqCst;

    use tokio::task::yield_now;
    use tokio::time::advance;
    use tokio_util::task::TaskTracker;

    use crate::limits::{NetworkDebts, SendBufferBudget};

    use super::*;

    /// Cancels so many calls that wait for something; returns how many of them ran to their end.
    async fn ended(budget: &CancelBudget, calls: u32) -> u32 {
        let ended = Arc::new(AtomicU32::new(0));
        for _ in 0..calls {
            let ended = Arc::clone(&ended);
            let call = async move {
                yield_now().await;
                ended.fetch_add(1, SeqCst);
                Response::new(Body::empty())
            };
            let mut call = FinishedCall::new(Box::pin(call), budget.clone(), None);
            assert!(futures::poll!(&mut call).is_pending());
            drop(call);
        }
        for _ in 0..calls {
            yield_now().await;
        }
        ended.load(SeqCst)
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_calls_are_cancelled_and_the_others_finished() {
        let budget = CancelBudget::new(Clock::system());
        assert_eq!(ended(&budget, BURST).await, 0);
        assert_eq!(ended(&budget, 50).await, 50);
        advance(INTERVAL * 2).await;
        assert_eq!(ended(&budget, 50).await, 48);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_never_end_are_cancelled_in_turn() {
        const CALLS: u32 = 1000;
        let budget = CancelBudget::new(Clock::system());
        let place = Arc::new(());
        let began = Instant::now();
        for _ in 0..CALLS {
            let held = Arc::clone(&place);
            let call = async move {
                let _held = held;
                std::future::pending().await
            };
            let mut call = FinishedCall::new(Box::pin(call), budget.clone(), None);
            assert!(futures::poll!(&mut call).is_pending());
        }
        let held = || u32::try_from(Arc::strong_count(&place)).unwrap() - 1;
        assert_eq!(held(), CALLS - BURST);
        sleep(INTERVAL * CALLS / 2).await;
        assert!(held() > CALLS / 3, "no faster than services can bear");
        while held() > 0 {
            sleep(INTERVAL).await;
        }
        assert!(began.elapsed() < INTERVAL * CALLS + Duration::from_secs(1));
    }

    /// Cancels so many calls on a connection of its own; returns what that owes.
    fn owed(budget: &CancelBudget, host: u8, calls: u32) -> Duration {
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
        let debt = NetworkDebts::new().of_connection(address);
        let send_buffer = SendBufferBudget::new().on_connection();
        let guard = RequestGuard::new(
            TaskTracker::new().token(),
            address,
            send_buffer,
            Some(debt.clone()),
        );
        for _ in 0..calls {
            let call = std::future::pending();
            drop(FinishedCall::new(
                Box::pin(call),
                budget.clone(),
                Some(guard.clone()),
            ));
        }
        let until = debt.wait().unwrap_or_else(Instant::now);
        until.saturating_duration_since(Instant::now())
    }

    #[tokio::test]
    async fn a_network_that_cancels_more_than_it_may_is_read_more_slowly_and_no_other() {
        let budget = CancelBudget::new(Clock::system());
        assert_eq!(owed(&budget, 1, FREE_PER_MINUTE), Duration::ZERO);
        assert!(owed(&budget, 1, 100) > Duration::from_millis(300));
        assert_eq!(owed(&budget, 2, 100), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_call_that_is_waited_for_is_answered_once() {
        let call = async { Response::new(Body::empty()) };
        let answer = FinishedCall::new(Box::pin(call), CancelBudget::new(Clock::system()), None).await;
        assert_eq!(answer.map(|answer| answer.status()), Ok(http::StatusCode::OK));
    }
}

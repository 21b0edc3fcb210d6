//! What becomes of calls that their clients take back.
//!
//! A service is told that a call is not wanted any more, so that it need not finish it. But whoever calls and takes back as
//! fast as they can (rapid reset, CVE-2023-44487) would do so at the services, too, over the connections that everybody's
//! calls share: services cut those off, and others' calls with them. Beyond a few, calls that were taken back go on to
//! their end, hold their place until then, and nobody hears the answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Response;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tonic::body::Body;

/// Calls that may be taken back at the services at once: hyper's servers cut a connection off at 20 that they have not
/// looked at yet. And how soon there may be one more.
const AT_ONCE: u32 = 10;
const ONE_MORE: Duration = Duration::from_millis(20);

/// How many calls may be taken back now. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct TakenBack(Arc<Mutex<Instant>>);

/// A call that is finished, whether its client waits or not.
pub(crate) struct Finish {
    call: Option<BoxFuture<'static, Response<Body>>>,
    taken_back: TakenBack,
}

impl TakenBack {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Whether one more may be. What is kept is when all that were will have been forgotten.
    fn take(&self) -> bool {
        let mut forgotten = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let then = (*forgotten).max(now) + ONE_MORE;
        let may = then <= now + ONE_MORE * AT_ONCE;
        if may {
            *forgotten = then;
        }
        may
    }
}

impl Finish {
    pub(crate) fn new(call: BoxFuture<'static, Response<Body>>, taken_back: TakenBack) -> Self {
        Self {
            call: Some(call),
            taken_back,
        }
    }
}

impl Future for Finish {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response<Body>> {
        let Some(call) = &mut self.call else {
            return Poll::Pending;
        };
        let answered = call.as_mut().poll(context);
        if answered.is_ready() {
            self.call = None;
        }
        answered
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        // Without a runtime the gateway ends, and everything with it.
        if let (false, Ok(runtime)) = (self.taken_back.take(), Handle::try_current()) {
            runtime.spawn(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::SeqCst;

    use tokio::task::yield_now;
    use tokio::time::advance;

    use super::*;

    /// Takes back so many calls that wait for something; tells how many of them came to their end.
    async fn ended(taken_back: &TakenBack, calls: u32) -> u32 {
        let ended = Arc::new(AtomicU32::new(0));
        for _ in 0..calls {
            let ended = Arc::clone(&ended);
            let call = async move {
                yield_now().await;
                ended.fetch_add(1, SeqCst);
                Response::new(Body::empty())
            };
            let mut call = Finish::new(Box::pin(call), taken_back.clone());
            assert!(futures::poll!(&mut call).is_pending());
            drop(call);
        }
        for _ in 0..calls {
            yield_now().await;
        }
        ended.load(SeqCst)
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_calls_are_taken_back_and_the_others_finished() {
        let taken_back = TakenBack::new();
        assert_eq!(ended(&taken_back, AT_ONCE).await, 0);
        assert_eq!(ended(&taken_back, 50).await, 50);
        advance(ONE_MORE * 2).await;
        assert_eq!(ended(&taken_back, 50).await, 48);
    }

    #[tokio::test]
    async fn a_call_that_is_waited_for_is_answered_once() {
        let call = async { Response::new(Body::empty()) };
        let answer = Finish::new(Box::pin(call), TakenBack::new()).await;
        assert_eq!(answer.status(), 200);
    }
}

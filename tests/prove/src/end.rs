//! When everybody stops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Between looks whether it has come, of whoever waits for something else.
const LOOK: Duration = Duration::from_millis(100);

/// A moment, or when somebody says so.
#[derive(Debug)]
pub(crate) struct End {
    at: Option<Instant>,
    is_over: AtomicBool,
}

impl End {
    /// At this moment.
    pub(crate) fn at(moment: Instant) -> Self {
        Self {
            at: Some(moment),
            is_over: AtomicBool::new(false),
        }
    }

    /// When [`Self::come`] is called.
    pub(crate) fn when_told() -> Self {
        Self {
            at: None,
            is_over: AtomicBool::new(false),
        }
    }

    /// Now.
    pub(crate) fn come(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether it has come.
    pub(crate) fn has_come(&self) -> bool {
        self.comes_within(Duration::ZERO)
    }

    /// Waits for so long, and no longer than until it comes.
    pub(crate) async fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.has_come() && Instant::now() < until {
            sleep(LOOK.min(until - Instant::now())).await;
        }
    }

    /// Whether it comes before so much time is over, as far as is known.
    pub(crate) fn comes_within(&self, time: Duration) -> bool {
        self.is_over.load(Ordering::Relaxed) || self.at.is_some_and(|at| Instant::now() + time >= at)
    }
}

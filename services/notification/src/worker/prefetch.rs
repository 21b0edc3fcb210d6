//! Deliveries that are claimed before their turn: one statement for many, where each would have had its own.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Claimed;

/// What one claim brought beyond what could be begun at once, oldest first.
#[derive(Debug)]
pub(super) struct Prefetch {
    waiting: VecDeque<Claimed>,
    claimed: Instant,
    patience: Duration,
}

impl Prefetch {
    /// Nothing; what waits for longer than `patience` is not begun any more.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            waiting: VecDeque::new(),
            claimed: Instant::now(),
            patience,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes in what a claim brought, in place of nothing.
    pub(super) fn put(&mut self, claimed: Vec<Claimed>) {
        self.waiting = claimed.into();
        self.claimed = Instant::now();
    }

    /// The next to begin.
    pub(super) fn next(&mut self) -> Option<Claimed> {
        self.waiting.pop_front()
    }

    /// Whether the leases have not long enough to go for an attempt to begin.
    pub(super) fn is_stale(&self) -> bool {
        !self.is_empty() && self.claimed.elapsed() > self.patience
    }
}

//! How many of something there may be at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts up to a limit. Nobody waits: [`ConcurrencyLimit::take`] answers at once.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    max: usize,
    taken: AtomicUsize,
}

/// One of them; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit(Arc<ConcurrencyLimit>);

impl ConcurrencyLimit {
    /// There may be `max` at the same time.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { max, taken })
    }

    /// How many there are.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether there are as many as there may be.
    pub(crate) fn is_reached(&self) -> bool {
        self.taken() >= self.max
    }

    /// One more; `None` if there are as many as there may be.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Permit> {
        // Relaxed: the number guards no other memory.
        let one_more = |taken| (taken < self.max).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Permit(Arc::clone(self)))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_across_threads_and_a_dropped_permit_can_be_taken() {
        let limit = ConcurrencyLimit::new(100);
        let taken: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..50).filter_map(|_| limit.take()).collect::<Vec<_>>()))
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!((taken.len(), limit.is_reached()), (100, true));
        drop(taken);
        assert!(!limit.is_reached() && limit.take().is_some());
    }
}

//! How many of something there are at this moment, up to a limit. Nobody waits: who finds it full is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts up to a limit.
#[derive(Debug)]
pub(crate) struct Limit {
    most: usize,
    taken: AtomicUsize,
}

/// One of them; given back on drop.
#[derive(Debug)]
pub(crate) struct Taken(Arc<Limit>);

impl Limit {
    /// There may be so many.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { most, taken })
    }

    /// How many there are.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether there are as many as there may be.
    pub(crate) fn is_reached(&self) -> bool {
        self.taken() >= self.most
    }

    /// One more; `None` if there are as many as there may be.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Taken> {
        // It guards no memory: only the number counts.
        let one_more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Taken(Arc::clone(self)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_never_more_and_what_is_given_back_can_be_taken() {
        let limit = Limit::new(100);
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

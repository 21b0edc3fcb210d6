//! Who reads next, of each of many.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

/// So many at a time for each, one after the other.
#[derive(Debug)]
pub(super) struct Turns<K> {
    limit: usize,
    turns: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl<K: Eq + Hash> Turns<K> {
    /// So many at a time for each.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            turns: Mutex::default(),
        }
    }

    /// The turns of this one. Those that nobody holds or waits for are forgotten.
    pub(super) fn of(&self, of: K) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, semaphore| semaphore.strong_count() > 0);
        if let Some(semaphore) = turns.get(&of).and_then(Weak::upgrade) {
            return semaphore;
        }
        let semaphore = Arc::new(Semaphore::new(self.limit));
        turns.insert(of, Arc::downgrade(&semaphore));
        semaphore
    }
}

//! What each of many may hold of something that all share.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Semaphore;

/// How much each holds; whoever holds nothing is not remembered.
#[derive(Debug)]
pub(super) struct Shares<K> {
    limit: usize,
    held: Mutex<HashMap<K, usize>>,
}

/// What is held on behalf of one of them; given back on drop.
#[derive(Debug)]
pub(super) struct Share<K: Eq + Hash + Copy> {
    of: K,
    held: usize,
    shares: Arc<Shares<K>>,
}

impl<K: Eq + Hash + Copy> Shares<K> {
    /// Each may hold so much.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Mutex::default(),
        }
    }

    /// Nothing is held for this one yet.
    pub(super) fn of(self: &Arc<Self>, of: K) -> Share<K> {
        let shares = Arc::clone(self);
        Share { of, held: 0, shares }
    }
}

impl<K: Eq + Hash + Copy> Share<K> {
    /// Takes so much more, unless that is more than this one may hold altogether. Tells whether it did.
    pub(super) fn take(&mut self, more: usize) -> bool {
        let mut held = locked(&self.shares.held);
        let all = held.get(&self.of).copied().unwrap_or_default() + more;
        if all > self.shares.limit {
            return false;
        }
        held.insert(self.of, all);
        self.held += more;
        true
    }
}

impl<K: Eq + Hash + Copy> Drop for Share<K> {
    fn drop(&mut self) {
        let mut held = locked(&self.shares.held);
        match held.get_mut(&self.of) {
            Some(all) if *all > self.held => *all -= self.held,
            _ => {
                held.remove(&self.of);
            }
        }
    }
}

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
        let mut turns = locked(&self.turns);
        turns.retain(|_, semaphore| semaphore.strong_count() > 0);
        if let Some(semaphore) = turns.get(&of).and_then(Weak::upgrade) {
            return semaphore;
        }
        let semaphore = Arc::new(Semaphore::new(self.limit));
        turns.insert(of, Arc::downgrade(&semaphore));
        semaphore
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A concurrency limit for each key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// What each key holds, up to a limit that is the same for all. A key that holds nothing takes no memory.
#[derive(Debug)]
pub(crate) struct KeyedLimit<K> {
    max: usize,
    counts: Counts<K>,
}

/// What a key holds; given back on drop.
#[derive(Debug)]
pub(crate) struct KeyedPermit<K: Eq + Hash> {
    key: K,
    amount: usize,
    counts: Counts<K>,
}

impl<K: Eq + Hash + Clone> KeyedLimit<K> {
    /// Each key may hold `max`.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            counts: Arc::default(),
        }
    }

    /// One more for this key; `None` if it holds as many as it may.
    pub(crate) fn take(&self, key: K) -> Option<KeyedPermit<K>> {
        self.take_many(key, 1)
    }

    /// `amount` more for this key; `None` if that is more than it may hold.
    pub(crate) fn take_many(&self, key: K, amount: usize) -> Option<KeyedPermit<K>> {
        let mut counts = locked(&self.counts);
        let held = counts.get(&key).copied().unwrap_or_default() + amount;
        if held > self.max {
            return None;
        }
        counts.insert(key.clone(), held);
        drop(counts);
        let counts = Arc::clone(&self.counts);
        Some(KeyedPermit { key, amount, counts })
    }
}

impl<K: Eq + Hash> Drop for KeyedPermit<K> {
    fn drop(&mut self) {
        let mut counts = locked(&self.counts);
        if let Some(held) = counts.get_mut(&self.key) {
            *held -= self.amount;
            if *held == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

fn locked<K>(counts: &Mutex<HashMap<K, usize>>) -> MutexGuard<'_, HashMap<K, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_holds_its_limit_and_may_take_again_what_it_gave_back() {
        let limit = KeyedLimit::new(2);
        let held = [limit.take("ada"), limit.take("ada")];
        assert!(held.iter().all(Option::is_some) && limit.take("ada").is_none());
        assert!(limit.take("eve").is_some());
        drop(held);
        assert!(limit.take("ada").is_some());
        assert!(locked(&limit.counts).is_empty(), "nobody holds anything");
    }
}

//! How many of something each of many holds at this moment.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// Counts by key; whoever holds nothing is not remembered.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    most: usize,
    counts: Counts<K>,
}

/// One of them, or more; given back on drop.
#[derive(Debug)]
pub(crate) struct Held<K: Eq + Hash> {
    key: K,
    many: usize,
    counts: Counts<K>,
}

impl<K: Eq + Hash + Clone> Tally<K> {
    /// Each may hold so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            counts: Arc::default(),
        }
    }

    /// One more for this one; `None` if it holds as many as it may.
    pub(crate) fn take(&self, key: K) -> Option<Held<K>> {
        self.take_many(key, 1)
    }

    /// So many more for this one; `None` if that is more than it may hold.
    pub(crate) fn take_many(&self, key: K, many: usize) -> Option<Held<K>> {
        let mut counts = locked(&self.counts);
        let own = counts.get(&key).copied().unwrap_or_default() + many;
        if own > self.most {
            return None;
        }
        counts.insert(key.clone(), own);
        drop(counts);
        let counts = Arc::clone(&self.counts);
        Some(Held { key, many, counts })
    }
}

impl<K: Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        let mut counts = locked(&self.counts);
        if let Some(own) = counts.get_mut(&self.key) {
            *own -= self.many;
            if *own == 0 {
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
    fn each_holds_so_many_and_may_take_again_what_it_gave_back() {
        let tally = Tally::new(2);
        let held = [tally.take("ada"), tally.take("ada")];
        assert!(held.iter().all(Option::is_some) && tally.take("ada").is_none());
        assert!(tally.take("eve").is_some());
        drop(held);
        assert!(tally.take("ada").is_some());
        assert!(locked(&tally.counts).is_empty(), "nobody holds anything");
    }
}

//! What each of many may hold of something that all share.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// What each key holds, up to a limit that is the same for all. A key that holds nothing takes no memory.
#[derive(Debug)]
pub struct KeyedLimit<K> {
    max: usize,
    counts: Counts<K>,
}

/// What a key holds; given back on drop.
#[derive(Debug)]
pub struct KeyedPermit<K: Eq + Hash> {
    key: K,
    max: usize,
    amount: usize,
    counts: Counts<K>,
}

impl<K: Eq + Hash + Clone> KeyedLimit<K> {
    /// Each key may hold `max`.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self {
            max,
            counts: Arc::default(),
        }
    }

    /// One more for this key; `None` if it holds as many as it may.
    pub fn take(&self, key: K) -> Option<KeyedPermit<K>> {
        self.take_many(key, 1)
    }

    /// `amount` more for this key; `None` if that is more than it may hold.
    pub fn take_many(&self, key: K, amount: usize) -> Option<KeyedPermit<K>> {
        let mut permit = self.none(key);
        permit.grow(amount).then_some(permit)
    }

    /// Holds nothing for this key yet.
    pub fn none(&self, key: K) -> KeyedPermit<K> {
        KeyedPermit {
            key,
            max: self.max,
            amount: 0,
            counts: Arc::clone(&self.counts),
        }
    }
}

impl<K: Eq + Hash + Clone> KeyedPermit<K> {
    /// Takes `more` for the same key, unless that is more than it may hold altogether. Tells whether it did.
    pub fn grow(&mut self, more: usize) -> bool {
        let mut counts = locked(&self.counts);
        let held = counts.get(&self.key).copied().unwrap_or_default() + more;
        if held > self.max {
            return false;
        }
        if held > 0 {
            counts.insert(self.key.clone(), held);
        }
        self.amount += more;
        true
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

    #[test]
    fn what_is_held_grows_up_to_the_limit_of_its_key() {
        let limit = KeyedLimit::new(3);
        let (mut one, mut other) = (limit.none("ada"), limit.none("ada"));
        assert!(locked(&limit.counts).is_empty(), "nothing is held yet");
        assert!(one.grow(2) && other.grow(1) && !one.grow(1));
        drop(other);
        assert!(one.grow(1) && !one.grow(1));
        drop(one);
        assert!(locked(&limit.counts).is_empty(), "nobody holds anything");
    }
}

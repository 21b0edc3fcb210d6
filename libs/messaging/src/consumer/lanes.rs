//! Keeps what belongs together in order: one lane for each key, one item at a time in each lane.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Busy lanes and what waits in them.
#[derive(Debug)]
pub(super) struct Lanes<K, T> {
    busy: HashMap<K, VecDeque<T>>,
}

impl<K: Eq + Hash + Copy, T> Lanes<K, T> {
    pub(super) fn new() -> Self {
        Self { busy: HashMap::new() }
    }

    /// Gives the item back when its lane was free: it is to be worked on now, and the lane is busy until
    /// [`Lanes::finished`]. Otherwise the item waits.
    pub(super) fn enter(&mut self, key: K, item: T) -> Option<T> {
        match self.busy.get_mut(&key) {
            Some(waiting) => {
                waiting.push_back(item);
                None
            }
            None => {
                self.busy.insert(key, VecDeque::new());
                Some(item)
            }
        }
    }

    /// The item worked on is done: the next one of its lane, or the lane is free.
    pub(super) fn finished(&mut self, key: K) -> Option<T> {
        let next = self.busy.get_mut(&key)?.pop_front();
        if next.is_none() {
            self.busy.remove(&key);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_worked_on_in_order_and_keys_do_not_wait_for_each_other() {
        let mut lanes = Lanes::new();
        assert_eq!(lanes.enter("a", 1), Some(1));
        assert_eq!(lanes.enter("a", 2), None);
        assert_eq!(lanes.enter("b", 3), Some(3));
        assert_eq!(lanes.enter("a", 4), None);
        assert_eq!(lanes.finished("a"), Some(2));
        assert_eq!(lanes.finished("b"), None);
        assert_eq!(lanes.finished("a"), Some(4));
        assert_eq!(lanes.finished("a"), None);
        assert_eq!(lanes.enter("a", 5), Some(5));
    }
}

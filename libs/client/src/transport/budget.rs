//! How many retries one server may cost: when everything fails, retries would only add load.

use std::sync::atomic::{AtomicU32, Ordering};

/// In tenths of a token.
const FULL: u32 = 100;
const RETRY_COSTS: u32 = 10;
const SUCCESS_GIVES: u32 = 1;

/// The retries of all calls to one server: ten; each answered call gives back a tenth of one.
#[derive(Debug)]
pub struct RetryBudget(AtomicU32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl RetryBudget {
    /// Whether a retry may be made; takes its cost.
    pub(super) fn take(&self) -> bool {
        let spend = |tenths: u32| tenths.checked_sub(RETRY_COSTS);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .is_ok()
    }

    /// A call was answered.
    pub(super) fn give(&self) {
        let earn = |tenths: u32| (tenths < FULL).then(|| tenths + SUCCESS_GIVES);
        let _already_full = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_retries_then_one_per_ten_answers() {
        let budget = RetryBudget::default();
        assert_eq!((0..20).filter(|_| budget.take()).count(), 10);
        (0..9).for_each(|_| budget.give());
        assert!(!budget.take());
        budget.give();
        assert!(budget.take() && !budget.take());
    }
}

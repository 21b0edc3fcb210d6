//! How eagerly a job looks for work.

use std::time::Duration;

use crate::Retries;

const QUICKEST: Duration = Duration::from_millis(5);
/// A database that is back must not wait for long.
const LONGEST_FAILURE: Duration = Duration::from_secs(2);

/// How long to wait before looking again. Woken, it looks a few times in quick succession: what was held by somebody
/// else may be free in a moment. While looking fails, it looks ever more rarely.
#[derive(Debug)]
pub(crate) struct Idle {
    poll: Duration,
    next: Duration,
    failures: u32,
}

impl Idle {
    pub(crate) fn new(poll: Duration) -> Self {
        Self {
            poll,
            next: poll,
            failures: 0,
        }
    }

    pub(crate) fn woken(&mut self) {
        self.next = QUICKEST.min(self.poll);
    }

    /// The wait after a look that worked, and found something or nothing.
    pub(crate) fn after(&mut self, found: bool) -> Duration {
        self.failures = 0;
        if found {
            self.woken();
        }
        let wait = self.next;
        self.next = (wait * 2).min(self.poll);
        wait
    }

    /// The wait after a look that failed.
    pub(crate) fn after_failure(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let retries = Retries {
            first: self.poll,
            cap: LONGEST_FAILURE.max(self.poll),
            max_failures: u32::MAX,
        };
        retries.wait(self.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wakes_it_is_looked_for_several_times_soon() {
        let poll = Duration::from_millis(200);
        let mut idle = Idle::new(poll);
        assert_eq!(idle.after(false), poll);
        idle.woken();
        let waits: Duration = (0..5).map(|_| idle.after(false)).sum();
        assert!(waits < poll, "{waits:?}");
        assert_eq!(
            (idle.after(false), idle.after(false)),
            (Duration::from_millis(160), poll)
        );
    }

    #[test]
    fn looking_that_fails_becomes_rare_and_recovers_at_once() {
        let poll = Duration::from_millis(200);
        let mut idle = Idle::new(poll);
        let waits: Vec<u128> = (0..6).map(|_| idle.after_failure().as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(idle.after(false), poll);
        assert_eq!(idle.after_failure(), poll);
    }
}

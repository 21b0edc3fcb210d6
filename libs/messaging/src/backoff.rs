//! Capped exponential back-off with full jitter.

use std::time::Duration;

/// Grows from `first` to `cap`; every wait is drawn evenly from zero to the current bound, so that replicas that
/// failed together do not come back together.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            failures: 0,
        }
    }

    /// The wait after one more failure.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = jittered(self.first, self.cap, self.failures);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The wait after `failures` failures before this one.
pub(crate) fn jittered(first: Duration, cap: Duration, failures: u32) -> Duration {
    let bound = first
        .saturating_mul(1_u32.checked_shl(failures.min(20)).unwrap_or(u32::MAX))
        .min(cap);
    bound.mul_f64(rand::random::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_never_pass_it() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let waits: Vec<Duration> = (0..200).map(|_| backoff.next()).collect();
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(5)));
        assert!(waits[0] <= Duration::from_millis(100));
        assert!(waits[100..].iter().any(|wait| *wait > Duration::from_secs(1)));
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(100));
    }
}

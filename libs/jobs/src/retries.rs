//! How long to wait after a failure, and when to give up.

use std::time::Duration;

/// Waits that double.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// How many failures in a row it takes to give up.
    pub max_failures: u32,
}

impl Retries {
    /// The wait after so many failures in a row; `None` when it is to be given up.
    #[must_use]
    pub fn after(&self, failures: u32) -> Option<Duration> {
        (failures < self.max_failures).then(|| self.wait(failures))
    }

    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_end() {
        let seconds = Duration::from_secs;
        let retries = Retries {
            first: seconds(5),
            cap: seconds(30),
            max_failures: 5,
        };
        let waits: Vec<_> = (1..=5).map(|failures| retries.after(failures)).collect();
        assert_eq!(
            waits,
            [
                Some(seconds(5)),
                Some(seconds(10)),
                Some(seconds(20)),
                Some(seconds(30)),
                None
            ]
        );
    }
}

//! How long things took: the median, and the slow ones.

use std::time::Duration;

/// Times, sorted.
#[derive(Debug, Default)]
pub(super) struct Latencies(Vec<u64>);

impl Latencies {
    /// Of microseconds.
    pub(super) fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        Self(micros)
    }

    /// The time within which this share of them was done, in milliseconds (nearest rank); 0 when there are none.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        let micros = self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default();
        micros as f64 / 1000.0
    }

    /// The slowest, in milliseconds.
    pub(super) fn max(&self) -> f64 {
        self.percentile(1.0)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

/// What a load came to.
#[derive(Debug)]
pub(super) struct Rate {
    /// Done in a second.
    pub(super) per_second: f64,
    /// How long each took.
    pub(super) latencies: Latencies,
}

/// Whole microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest() {
        let latencies = Latencies::of((1..=200).rev().map(|n| n * 1000).collect());
        assert_eq!(
            (
                latencies.percentile(0.5),
                latencies.percentile(0.99),
                latencies.max()
            ),
            (100.0, 198.0, 200.0)
        );
        assert_eq!(Latencies::default().percentile(0.5), 0.0);
    }
}

//! One thing and its yardstick, in turn.

use std::time::Instant;

use super::latencies::{Latencies, micros};

/// How often a figure is measured, of which the median counts.
pub(super) const RUNS: usize = 3;

/// How long it took, in microseconds, and what it came to.
pub(super) async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(u64, T)> {
    let begun = Instant::now();
    let done = work.await?;
    Ok((micros(begun.elapsed()), done))
}

/// Times of one thing and of its yardstick, one after the other, in one run.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) ours: Vec<u64>,
    pub(super) beside: Vec<u64>,
}

impl Pair {
    /// In milliseconds, the time within which this share of them was done.
    pub(super) fn percentile(pairs: &[(Latencies, Latencies)], share: f64) -> Vec<(f64, f64)> {
        let both =
            |(ours, beside): &(Latencies, Latencies)| (ours.percentile(share), beside.percentile(share));
        pairs.iter().map(both).collect()
    }

    pub(super) fn latencies(self) -> (Latencies, Latencies) {
        (Latencies::of(self.ours), Latencies::of(self.beside))
    }
}

//! What one thing costs at one size.

use crate::invitations::Measured;
use crate::load::call_each;
use crate::paging::Paged;
use crate::pairs::{Pair, RUNS};
use crate::pgbench::Script;

/// Calls of a run, 16 at a time: few, among a thousand of their kind.
const CALLS: usize = 300;
const WARM_UP: usize = 50;
/// How many things a measured call takes, one each.
pub(super) const NEEDED: usize = WARM_UP + RUNS * CALLS;
const MILLION: f64 = 1_000_000.0;

/// What one thing costs, each run beside its yardstick.
#[derive(Debug)]
pub(super) struct Cost {
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    pub(super) beside: &'static str,
    pub(super) runs: anyhow::Result<Vec<(f64, f64)>>,
    /// Why it may grow.
    pub(super) why: Option<&'static str>,
}

impl Cost {
    /// A page or counts, in milliseconds.
    pub(super) fn of_reads(what: &'static str, runs: anyhow::Result<Vec<(f64, f64)>>) -> Self {
        Self {
            what,
            unit: "ms",
            beside: "the bare query",
            runs,
            why: None,
        }
    }

    /// The first page and the hundredth.
    pub(super) fn of_pages(paged: anyhow::Result<Paged>) -> [Self; 2] {
        let (first, hundredth) = match paged {
            Ok(paged) => (Ok(paged.first), Ok(paged.hundredth)),
            Err(error) => (Err(anyhow::anyhow!("{error:#}")), Err(error)),
        };
        [
            Self::of_reads("first", first),
            Self::of_reads("hundredth", hundredth),
        ]
    }

    /// Something that is written, in microseconds each.
    pub(super) fn of_writes(what: &'static str, runs: anyhow::Result<Vec<(f64, f64)>>) -> Self {
        Self {
            beside: Script::Write.yardstick(),
            ..Self::of_events(what, runs)
        }
    }

    /// Something that becomes of an event, in microseconds each.
    pub(super) fn of_events(what: &'static str, runs: anyhow::Result<Vec<(f64, f64)>>) -> Self {
        Self {
            what,
            unit: "µs each",
            beside: "writing it down",
            runs,
            why: None,
        }
    }

    pub(super) fn grows_because(self, why: &'static str) -> Self {
        Self {
            why: Some(why),
            ..self
        }
    }
}

/// What one commit costs now, with 16 at a time, in microseconds.
pub(super) async fn commit(measured: &Measured<'_>) -> anyhow::Result<f64> {
    let commits = measured.pgbench.run(Script::Write).await?;
    Ok(MILLION / commits.per_second)
}

/// What a call with one of these costs in microseconds, 16 at a time: some that do not count, then those of the runs.
pub(super) async fn called<T, C, F>(each: &[T], beside: f64, call: C) -> anyhow::Result<Vec<(f64, f64)>>
where
    T: Clone + Send + Sync + 'static,
    C: Fn(T) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let (first, counted) = each.split_at(WARM_UP.min(each.len()));
    call_each(first, call.clone()).await?;
    let mut runs = Vec::with_capacity(RUNS);
    for run in counted.chunks(CALLS) {
        let rate = call_each(run, call.clone()).await?;
        runs.push((MILLION / rate.per_second, beside));
    }
    Ok(runs)
}

/// The median of each run, in milliseconds.
pub(super) fn medians(runs: Vec<Pair>) -> Vec<(f64, f64)> {
    let runs: Vec<_> = runs.into_iter().map(Pair::latencies).collect();
    Pair::percentile(&runs, 0.5)
}

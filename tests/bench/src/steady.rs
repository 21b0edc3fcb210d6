//! A load by the clock: a call every so often, however long the one before has taken.

use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::latencies::{Latencies, micros};

/// What became of calls.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) latencies: Latencies,
    pub(super) failed: usize,
    /// The first failure.
    pub(super) error: Option<String>,
}

/// One call: how long it took, and what was wrong with it.
#[derive(Debug)]
pub(super) struct Call {
    micros: u64,
    error: Option<String>,
}

/// When calls are due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) first: Instant,
    pub(super) every: Duration,
    pub(super) end: Instant,
}

impl Calls {
    /// Of all callers together, when they are done.
    pub(super) async fn of(mut callers: JoinSet<Vec<Call>>) -> anyhow::Result<Self> {
        let mut calls = Vec::new();
        while let Some(of_one) = callers.join_next().await {
            calls.extend(of_one.context("a caller broke")?);
        }
        let failed = calls.iter().filter(|call| call.error.is_some()).count();
        let error = calls.iter().find_map(|call| call.error.clone());
        Ok(Self {
            latencies: Latencies::of(calls.into_iter().map(|call| call.micros).collect()),
            failed,
            error,
        })
    }
}

impl Times {
    /// Calls whenever one is due. A call that comes late, because the one before it took long, is counted from when it was
    /// due: nobody who waits is forgotten.
    pub(super) async fn keep<F>(self, mut call: impl FnMut() -> F) -> Vec<Call>
    where
        F: Future<Output = anyhow::Result<()>>,
    {
        let mut calls = Vec::new();
        let mut due = self.first;
        while due < self.end {
            let mut begun = due;
            if Instant::now() < due {
                sleep_until(due).await;
                begun = Instant::now();
            }
            let error = call().await.err().map(|error| format!("{error:#}"));
            calls.push(Call {
                micros: micros(begun.elapsed()),
                error,
            });
            due += self.every;
        }
        calls
    }
}

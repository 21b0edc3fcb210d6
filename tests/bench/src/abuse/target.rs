//! Who is abused, for how long, and with how much CPU.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::Abuse;

/// The CPU that an abuser may have, as a share of one core: who has a whole core, on a machine of two, takes it from those
/// that it means to disturb, and that would be measured.
pub(crate) const CPU_SHARE: f64 = 0.25;

/// What an abuser has to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AttackSpec {
    pub(super) abuse: Abuse,
    pub(super) address: SocketAddr,
    /// The path of a method.
    pub(super) method: String,
    /// Of somebody who may call it.
    pub(super) token: String,
    /// The scope that it must name.
    pub(super) parent: String,
    pub(super) seconds: u64,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// The share of a core that it took.
    pub(super) cpu: f64,
    /// How the server answered, and how often.
    pub(super) responses: BTreeMap<String, u64>,
}

/// An attack that is under way.
pub(super) struct Target {
    pub(super) spec: AttackSpec,
    began: Instant,
    responses: RefCell<BTreeMap<String, u64>>,
}

impl Target {
    pub(super) fn new(spec: AttackSpec) -> Self {
        Self {
            spec,
            began: Instant::now(),
            responses: RefCell::default(),
        }
    }

    /// Whether it goes on.
    pub(super) fn is_running(&self) -> bool {
        Instant::now() < self.end()
    }

    pub(super) fn end(&self) -> Instant {
        self.began + Duration::from_secs(self.spec.seconds)
    }

    pub(super) fn note(&self, what: impl Into<String>) {
        *self.responses.borrow_mut().entry(what.into()).or_default() += 1;
    }

    /// Lets others run, for as long as it has taken more than its share of CPU.
    pub(super) async fn throttle(&self) -> anyhow::Result<()> {
        let due = cpu()?.div_f64(CPU_SHARE);
        let passed = self.began.elapsed();
        if due > passed {
            sleep(due - passed).await;
        } else {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    pub(super) fn report(&self) -> anyhow::Result<Report> {
        Ok(Report {
            cpu: cpu()?.as_secs_f64() / self.began.elapsed().as_secs_f64(),
            responses: self.responses.take(),
        })
    }
}

/// CPU time of this thread, which does everything.
fn cpu() -> anyhow::Result<Duration> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = schedstat
        .split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse().ok());
    nanos
        .map(Duration::from_nanos)
        .context("this system does not tell the CPU time of a thread")
}

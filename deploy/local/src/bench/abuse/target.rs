//! Who is abused, for how long, and with how much appetite.

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
/// that it means to disturb, and its own hunger would be measured.
pub(in crate::bench) const APPETITE: f64 = 0.25;

/// What an abuser is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
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

/// What an abuser tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// The share of a core that it took.
    pub(super) cpu: f64,
    /// What it heard, and how often.
    pub(super) heard: BTreeMap<String, u64>,
}

/// An order that is carried out.
pub(super) struct Target {
    pub(super) order: Order,
    began: Instant,
    heard: RefCell<BTreeMap<String, u64>>,
}

impl Target {
    pub(super) fn new(order: Order) -> Self {
        Self {
            order,
            began: Instant::now(),
            heard: RefCell::default(),
        }
    }

    /// Whether it goes on.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() < self.end()
    }

    pub(super) fn end(&self) -> Instant {
        self.began + Duration::from_secs(self.order.seconds)
    }

    pub(super) fn note(&self, what: impl Into<String>) {
        *self.heard.borrow_mut().entry(what.into()).or_default() += 1;
    }

    /// Lets others run, for as long as its appetite is too large.
    pub(super) async fn breathe(&self) -> anyhow::Result<()> {
        let due = cpu()?.div_f64(APPETITE);
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
            heard: self.heard.take(),
        })
    }
}

/// CPU time of this thread, which does everything.
fn cpu() -> anyhow::Result<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = told
        .split_whitespace()
        .next()
        .and_then(|nanos| nanos.parse().ok());
    nanos
        .map(Duration::from_nanos)
        .context("this system does not tell the CPU time of a thread")
}

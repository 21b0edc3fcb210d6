//! The broker, and parts that stand still.

use std::time::{Duration, Instant};

use super::Suite;

/// A broker may take its time to start, on machines that do other things as well.
const RESTART: Duration = Duration::from_secs(240);

/// Waits until a condition holds that needs the broker, which was killed and is started again.
pub(crate) async fn after_restart(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let stopped = Instant::now();
    while !condition().await {
        assert!(
            stopped.elapsed() < RESTART,
            "not after the broker was away: {what}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Parts that stand still, with their connections open, until this goes out of scope, also by a panic.
pub(crate) struct Standstill<'a> {
    suite: &'a Suite,
    parts: &'a [&'a str],
}

impl<'a> Standstill<'a> {
    pub(crate) fn of(suite: &'a Suite, parts: &'a [&'a str]) -> Self {
        let standstill = Self { suite, parts };
        for part in parts {
            assert!(suite.signal(part, "STOP"), "{part} does not run");
        }
        standstill
    }
}

impl Drop for Standstill<'_> {
    fn drop(&mut self) {
        for part in self.parts {
            self.suite.signal(part, "CONT");
        }
    }
}

//! The addresses behind a service's name, looked up again while it is called.
//!
//! A headless Kubernetes service has one address a replica; they come and go. A look-up that fails changes nothing: the
//! addresses that are known stay.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use super::connection::{CONNECT, ConnectError, Target};

/// How long addresses are used before they are looked up again.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// When addresses were last looked up, and whether a look-up is running.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    at: Option<Instant>,
    is_running: bool,
}

impl Lookup {
    /// Whether somebody should look them up.
    pub(super) fn would_be_due(&self) -> bool {
        !self.is_running && self.at.is_none_or(|at| at.elapsed() >= FRESH_FOR)
    }

    /// Whether they are due; if so, the caller must look them up.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.would_be_due();
        self.is_running |= due;
        due
    }

    /// The look-up ended, in success or failure.
    pub(super) fn done(&mut self) {
        (self.at, self.is_running) = (Some(Instant::now()), false);
    }
}

/// The addresses behind the name in a URL, each once, sorted.
pub(super) async fn look_up(target: &Target) -> Result<Vec<SocketAddr>, ConnectError> {
    let found = timeout(CONNECT, lookup_host((target.host.as_str(), target.port)))
        .await
        .map_err(|_| ConnectError::TimedOut)?
        .map_err(ConnectError::Name)?;
    let mut addresses: Vec<_> = found.collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(ConnectError::NoAddress);
    }
    Ok(addresses)
}

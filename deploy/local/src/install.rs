//! Installing what is missing, after saying what and why.

use muster_engines::packages::{Package, install, missing};

/// Makes sure that these packages are there.
pub(crate) async fn require(wanted: &'static [Package]) -> anyhow::Result<()> {
    let absent = missing(wanted);
    if absent.is_empty() {
        return Ok(());
    }
    // Not on standard output: there are figures on it.
    eprintln!("These packages are missing and will be installed with apt; their own daemons stay off:");
    for package in &absent {
        eprintln!("  {:16} {}", package.name(), package.purpose());
    }
    tokio::task::spawn_blocking(move || install(&absent)).await??;
    Ok(())
}

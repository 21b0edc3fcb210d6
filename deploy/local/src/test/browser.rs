//! A browser for the tests of the pages.

use std::path::PathBuf;

use muster_engines::packages::{Package, missing};

use crate::install;
use crate::outln;

/// The driver of the browser. Where none can be had, the tests of the pages fail, and all others run.
pub(super) async fn driver() -> Option<PathBuf> {
    // Apart from the engines: not every system has packages of it.
    if let Err(error) = install::require(&Package::BROWSER).await {
        outln!("muster: {error:#}");
    }
    let found = Package::ChromeDriver
        .program()
        .filter(|_| missing(&Package::BROWSER).is_empty());
    if found.is_none() {
        outln!(
            "There is no browser, so the tests of the pages will fail: install Chromium with its driver (Debian: \
             `apt-get install chromium chromium-driver`; Ubuntu: `snap install chromium`), or Google Chrome and \
             chromedriver."
        );
    }
    found
}

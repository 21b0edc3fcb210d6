//! What the steps of the story know and hand on.

use std::time::Duration;

use crate::addresses::Addresses;

/// The suite from outside.
pub(super) struct World {
    pub(super) addresses: Addresses,
    pub(super) http: reqwest::Client,
}

impl World {
    pub(super) fn new(addresses: Addresses) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        Ok(Self { addresses, http })
    }
}

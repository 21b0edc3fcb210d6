//! What a service is given to build on.

use std::sync::Arc;

use muster_clock::Clock;
use muster_database::Database;
use muster_identity::WorkloadTokens;
use muster_messaging::Broker;
use muster_tls::Trust;

use crate::Peer;
use crate::settings::PeerUrl;

/// What a service is given to build on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The service's own database.
    pub database: Database,
    /// Time and ids.
    pub clock: Clock,
    /// The broker; relay and consumers are started by the shell.
    pub broker: Broker,
    pub(crate) tokens: Arc<WorkloadTokens>,
    pub(crate) trust: Arc<Trust>,
}

impl Shell {
    /// Another service of the suite, by its name and URL.
    #[must_use]
    pub fn peer(&self, service: &'static str, url: &PeerUrl) -> Peer {
        Peer::new(service, url, Arc::clone(&self.tokens), &self.trust)
    }
}

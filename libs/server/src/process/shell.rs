//! What a service is given to build on.

use std::net::SocketAddr;
use std::sync::Arc;

use muster_clock::Clock;
use muster_database::Database;
use muster_identity::WorkloadTokens;
use muster_messaging::Broker;
use muster_tls::{ServerTls, Trust};

use crate::Peer;
use crate::settings::{PeerUrls, Plaintext};

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
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) plaintext: Plaintext,
}

impl Shell {
    /// What callers are shown, if anything: for a listener that a service has besides, where nobody is asked for a certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<Arc<ServerTls>> {
        self.tls.clone()
    }

    /// Whether plain text may be spoken at this address: nobody outside of this machine hears it, or something else encrypts.
    #[must_use]
    pub fn may_be_plain(&self, listen: SocketAddr) -> bool {
        self.plaintext.hides(listen)
    }

    /// Another service of the suite, by its name and URLs.
    #[must_use]
    pub fn peer(&self, service: &'static str, urls: &PeerUrls) -> Peer {
        Peer::new(service, urls, Arc::clone(&self.tokens), &self.trust)
    }
}

//! A certificate with its key, as clients are shown it.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, RootCertStore, ServerConfig};
use time::OffsetDateTime;

use crate::authorities;
use crate::own::Own;
use crate::problem::TlsProblem;

/// Ready for new connections.
pub(crate) struct Certificate {
    own: Own,
    open: Arc<ServerConfig>,
    asking: Option<Arc<ServerConfig>>,
}

impl Certificate {
    /// This one, for everybody, and for callers whom one of these authorities vouches for.
    pub(crate) fn of(
        own: Own,
        callers: Option<Arc<RootCertStore>>,
        protocols: &[&[u8]],
    ) -> Result<Self, TlsProblem> {
        let asking = callers.map(authorities::asking).transpose()?;
        let asking = asking.map(|asking| config(&own, Some(asking), protocols));
        let problem = |error: Error| TlsProblem::Backend(error.to_string());
        Ok(Self {
            open: Arc::new(config(&own, None, protocols).map_err(problem)?),
            asking: asking.transpose().map_err(problem)?.map(Arc::new),
            own,
        })
    }

    /// For those who need show nothing.
    pub(crate) fn open(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.open)
    }

    /// For those who have to show a certificate, if anybody has.
    pub(crate) fn asking(&self) -> Arc<ServerConfig> {
        Arc::clone(self.asking.as_ref().unwrap_or(&self.open))
    }

    /// The first and the last moment at which it is valid.
    pub(crate) fn validity(&self) -> (OffsetDateTime, OffsetDateTime) {
        self.own.validity()
    }

    /// The last one.
    pub(crate) fn ends(&self) -> OffsetDateTime {
        self.own.validity().1
    }
}

/// TLS 1.3 and 1.2, by the one backend of the suite. Each certificate, and each set of authorities, brings its own tickets: who
/// resumes a session is not shown the certificate and not asked for one, and sessions of what was replaced, or that began where
/// nobody was asked, are not resumed.
fn config(
    own: &Own,
    asking: Option<Arc<dyn ClientCertVerifier>>,
    protocols: &[&[u8]],
) -> Result<ServerConfig, Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?;
    let builder = match asking {
        Some(asking) => builder.with_client_cert_verifier(asking),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(own.shown());
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.ticketer = Ticketer::new()?;
    Ok(config)
}

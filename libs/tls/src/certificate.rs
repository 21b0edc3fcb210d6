//! A certificate with its key, as clients are shown it.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, InconsistentKeys, ServerConfig};
use time::OffsetDateTime;
use x509_parser::parse_x509_certificate;

/// Ready for new connections.
pub(crate) struct Certificate {
    config: Arc<ServerConfig>,
    begins: OffsetDateTime,
    ends: OffsetDateTime,
}

/// What is wrong with what the files hold.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// With the chain.
    Chain(String),
    /// With the key.
    Key(String),
    /// Each is good, and they do not belong together.
    Apart,
}

impl Certificate {
    pub(crate) fn of(chain: &[u8], key: &[u8], protocols: &[&[u8]]) -> Result<Self, Unusable> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| Unusable::Chain(in_words(&error)))?;
        let own = chain
            .first()
            .ok_or_else(|| Unusable::Chain(in_words(&pem::Error::NoItemsFound)))?;
        let (_, parsed) = parse_x509_certificate(own)
            .map_err(|_| Unusable::Chain("it is no X.509 certificate".to_owned()))?;
        let validity = parsed.validity().clone();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Unusable::Key(in_words(&error)))?;
        Ok(Self {
            config: Arc::new(config(chain, key, protocols)?),
            begins: validity.not_before.to_datetime(),
            ends: validity.not_after.to_datetime(),
        })
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// The first moment at which it is valid.
    pub(crate) fn begins(&self) -> OffsetDateTime {
        self.begins
    }

    /// The last one.
    pub(crate) fn ends(&self) -> OffsetDateTime {
        self.ends
    }
}

/// TLS 1.3 and 1.2, by the one backend of the suite. Each certificate brings its own tickets: who resumes a session is
/// not shown the certificate, and sessions of one that was replaced are not resumed.
fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    protocols: &[&[u8]],
) -> Result<ServerConfig, Unusable> {
    let unusable = |error: Error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Unusable::Apart,
        Error::InvalidCertificate(why) => Unusable::Chain(why.to_string()),
        other => Unusable::Key(other.to_string()),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.ticketer = Ticketer::new().map_err(unusable)?;
    Ok(config)
}

/// What the file holds is not repeated: it may be a key.
pub(crate) fn in_words(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "there is none in it, as PEM and unencrypted".to_owned(),
        _ => "it is not whole PEM".to_owned(),
    }
}

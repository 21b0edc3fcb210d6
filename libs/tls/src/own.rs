//! A certificate with its key: what a process shows of itself, to whoever calls it or is called by it.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::parse_x509_certificate;

/// A certificate and its key, which belong together.
pub(crate) struct Own {
    certified: Arc<CertifiedKey>,
    begins: OffsetDateTime,
    ends: OffsetDateTime,
    is_for_clients: bool,
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

impl Own {
    pub(crate) fn of(chain: &[u8], key: &[u8]) -> Result<Self, Unusable> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| Unusable::Chain(in_words(&error)))?;
        let own = chain
            .first()
            .ok_or_else(|| Unusable::Chain(in_words(&pem::Error::NoItemsFound)))?;
        let (_, parsed) = parse_x509_certificate(own)
            .map_err(|_| Unusable::Chain("it is no X.509 certificate".to_owned()))?;
        let validity = parsed.validity().clone();
        let is_for_clients = is_for_clients(&parsed);
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| Unusable::Key(in_words(&error)))?;
        let certified = CertifiedKey::from_der(chain, key, &default_provider());
        Ok(Self {
            certified: Arc::new(certified.map_err(unusable)?),
            begins: validity.not_before.to_datetime(),
            ends: validity.not_after.to_datetime(),
            is_for_clients,
        })
    }

    /// What shows it to everybody who asks.
    pub(crate) fn shown(&self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&self.certified)))
    }

    /// The certificate, and its chain after it; at least one.
    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.certified.cert
    }

    /// The first and the last moment at which it is valid.
    pub(crate) fn validity(&self) -> (OffsetDateTime, OffsetDateTime) {
        (self.begins, self.ends)
    }

    /// Whether whoever calls may show it.
    pub(crate) fn is_for_clients(&self) -> bool {
        self.is_for_clients
    }
}

/// What says no purpose is for every one (RFC 5280, section 4.2.1.12). `any` does not count for those who look at it here.
fn is_for_clients(certificate: &X509Certificate<'_>) -> bool {
    match certificate.extended_key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.client_auth),
        Err(_) => false,
    }
}

fn unusable(error: Error) -> Unusable {
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Unusable::Apart,
        Error::InvalidCertificate(why) => Unusable::Chain(why.to_string()),
        other => Unusable::Key(other.to_string()),
    }
}

/// What the file holds is not repeated: it may be a key.
pub(crate) fn in_words(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "there is none in it, as PEM and unencrypted".to_owned(),
        _ => "it is not whole PEM".to_owned(),
    }
}

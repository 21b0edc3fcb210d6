//! Who vouches for certificates, as a file says it.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use time::OffsetDateTime;

use crate::own::{Own, in_words};
use crate::problem::TlsProblem;

/// The authorities in this text of a file (PEM), at least one.
pub(crate) fn of(file: &Path, pem: &[u8]) -> Result<Arc<RootCertStore>, TlsProblem> {
    let unusable = |why: String| TlsProblem::Unusable {
        file: file.to_owned(),
        why,
    };
    let mut authorities = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pem) {
        let authority = authority.map_err(|error| unusable(in_words(&error)))?;
        authorities
            .add(authority)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if authorities.is_empty() {
        return Err(unusable("no certificate is in it, as PEM".to_owned()));
    }
    Ok(Arc::new(authorities))
}

/// What asks whoever calls for a certificate that one of them has signed, for clients, and lets nobody in without.
pub(crate) fn asking(authorities: Arc<RootCertStore>) -> Result<Arc<dyn ClientCertVerifier>, TlsProblem> {
    WebPkiClientVerifier::builder_with_provider(authorities, Arc::new(default_provider()))
        .build()
        .map_err(|error| TlsProblem::Backend(error.to_string()))
}

/// Whether those who ask by these authorities take a certificate at `now`.
pub(crate) fn take(
    authorities: Arc<RootCertStore>,
    own: &Own,
    now: OffsetDateTime,
) -> Result<bool, TlsProblem> {
    let asking = asking(authorities)?;
    let since = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(since));
    let taken = own
        .chain()
        .split_first()
        .is_some_and(|(own, chain)| asking.verify_client_cert(own, chain, now).is_ok());
    Ok(taken)
}

//! Certificates of mail servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_clock::Clock;
use muster_notification::smtp::Roots;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;
use time::Duration;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate that signs itself, with its key.
#[derive(Clone)]
pub(crate) struct Certified {
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Certified {
    /// For these names and addresses.
    pub(crate) fn of(names: &[&str]) -> Self {
        Self::until(names, Duration::hours(1))
    }

    /// Valid until so long after now.
    pub(crate) fn until(names: &[&str], until: Duration) -> Self {
        let (now, key) = (Clock::system().now(), KeyPair::generate().unwrap());
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut asked = CertificateParams::new(names).unwrap();
        (asked.not_before, asked.not_after) = (now - Duration::hours(48), now + until);
        let der = asked.self_signed(&key).unwrap().der().clone();
        Self {
            certificate: pem("CERTIFICATE", &der),
            key: pem("PRIVATE KEY", &key.serialize_der()),
            key_der: key.serialize_der(),
            der,
        }
    }

    /// Trust in it.
    pub(crate) fn roots(&self) -> Roots {
        Roots::of(self.certificate.as_bytes(), Clock::system().now()).unwrap()
    }

    /// What a client needs that trusts in it.
    pub(crate) fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    /// What a server needs to show it.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key_der.clone()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}

//! TLS to mail servers: certificate and name are always checked.

use std::io;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::roots::Roots;
use super::stream::Socket;

/// What is needed to begin TLS.
#[derive(Clone)]
pub struct Tls(TlsConnector);

impl Tls {
    /// Trusts Mozilla's list of authorities, and these besides.
    ///
    /// # Errors
    /// A certificate that cannot be trusted; [`Roots`] holds none.
    pub fn trusting(extra: &Roots) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in extra.certificates() {
            roots.add(certificate.clone())?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Shakes hands with the server of this name or address.
    pub(super) async fn begin(&self, host: &str, socket: Socket) -> io::Result<TlsStream<Socket>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, socket).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

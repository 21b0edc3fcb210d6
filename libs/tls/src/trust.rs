//! Whom a process believes to be another service of the suite.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::H2;
use crate::certificate::in_words;
use crate::files::{self, TlsProblem};

/// The authorities that vouch for other services: those of a file, or those that browsers believe.
///
/// The file is read at each new connection, of which there are few. What cannot be used replaces nothing, and is told in the log.
pub struct Trust {
    file: Option<PathBuf>,
    in_use: Mutex<InUse>,
}

struct InUse {
    /// What the file held.
    pem: Vec<u8>,
    /// What it held lately, and could not be used.
    refused: Option<Vec<u8>>,
    config: Arc<ClientConfig>,
}

impl Trust {
    /// The authorities in this file (PEM, any number of them); `None`: those that browsers believe.
    ///
    /// # Errors
    /// The file cannot be read, or holds no authority.
    pub fn open(file: Option<&Path>) -> Result<Self, TlsProblem> {
        let (pem, roots) = match file {
            Some(file) => {
                let pem = files::read(file)?;
                let roots = roots(file, &pem)?;
                (pem, roots)
            }
            None => (
                Vec::new(),
                RootCertStore {
                    roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
                },
            ),
        };
        Ok(Self {
            file: file.map(Path::to_owned),
            in_use: Mutex::new(InUse {
                pem,
                refused: None,
                config: config(roots)?,
            }),
        })
    }

    /// Shakes hands over a fresh connection with whoever calls itself `host`: a name, or an address without brackets.
    ///
    /// # Errors
    /// It is somebody else, nobody vouches for it, or it does not speak HTTP/2.
    pub async fn connect<S>(&self, host: &str, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        let connected = TlsConnector::from(self.config()).connect(name, stream).await?;
        match connected.get_ref().1.alpn_protocol() {
            Some(H2) => Ok(connected),
            _ => Err(std::io::Error::other("the other side does not speak HTTP/2")),
        }
    }

    /// By what the file holds now, or else held last.
    fn config(&self) -> Arc<ClientConfig> {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file {
            match files::read(file) {
                Ok(pem) => in_use.take_over(file, pem),
                Err(problem) => {
                    tracing::warn!(%problem, "the authorities of services stay those known before")
                }
            }
        }
        Arc::clone(&in_use.config)
    }
}

impl InUse {
    fn take_over(&mut self, file: &Path, pem: Vec<u8>) {
        if pem == self.pem || self.refused.as_ref() == Some(&pem) {
            return;
        }
        match roots(file, &pem).and_then(config) {
            Ok(config) => {
                tracing::info!(file = %file.display(), "other authorities vouch for services now");
                *self = Self {
                    pem,
                    refused: None,
                    config,
                };
            }
            Err(problem) => {
                tracing::warn!(%problem, "the authorities of services stay those known before");
                self.refused = Some(pem);
            }
        }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

fn roots(file: &Path, pem: &[u8]) -> Result<RootCertStore, TlsProblem> {
    let unusable = |why: String| TlsProblem::Unusable {
        file: file.to_owned(),
        why,
    };
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(pem) {
        let authority = authority.map_err(|error| unusable(in_words(&error)))?;
        roots
            .add(authority)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificate is in it, as PEM".to_owned()));
    }
    Ok(roots)
}

fn config(roots: RootCertStore) -> Result<Arc<ClientConfig>, TlsProblem> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| TlsProblem::Backend(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![H2.to_vec()];
    Ok(Arc::new(config))
}

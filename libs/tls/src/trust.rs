//! Whom a process believes to be another service of the suite, and how it tells them who it is itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::files::{self, Content, Files};
use crate::own::Own;
use crate::problem::TlsProblem;
use crate::{H2, authorities};

/// The authorities that vouch for other services: those of a file, or those that browsers believe. With [`Trust::showing`] also the
/// certificate that is shown to services that ask.
///
/// The files are read at each new connection, of which there are few. What cannot be used replaces nothing, and is told in the log.
pub struct Trust {
    file: Option<PathBuf>,
    own: Option<Files>,
    in_use: Mutex<InUse>,
}

struct InUse {
    authorities: Held<Vec<u8>, Arc<RootCertStore>>,
    own: Option<Held<Content, Own>>,
    config: Arc<ClientConfig>,
}

/// What files held when they could be used, and what was made of it.
struct Held<R, T> {
    read: R,
    /// What they held lately, and could not be used.
    refused: Option<R>,
    made: T,
}

impl Trust {
    /// The authorities in this file (PEM, any number of them); `None`: those that browsers believe. Nobody is shown a certificate.
    ///
    /// # Errors
    /// The file cannot be read, or holds no authority.
    pub fn open(file: Option<&Path>) -> Result<Self, TlsProblem> {
        let authorities = match file {
            Some(file) => {
                let pem = files::read(file)?;
                let authorities = authorities::of(file, &pem)?;
                Held::new(pem, authorities)
            }
            None => {
                let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
                Held::new(Vec::new(), Arc::new(RootCertStore { roots }))
            }
        };
        Ok(Self {
            file: file.map(Path::to_owned),
            own: None,
            in_use: Mutex::new(InUse {
                config: config(&authorities.made, None)?,
                authorities,
                own: None,
            }),
        })
    }

    /// The same, and services that ask are shown this certificate.
    ///
    /// # Errors
    /// Everything that is wrong with the files. Whether others take it is not looked at: see [`Trust::shows`].
    pub fn showing(mut self, files: Files) -> Result<Self, Vec<TlsProblem>> {
        let files = files.without_callers();
        let read = files.read()?;
        let own = files.own(&read).map_err(|problem| vec![problem])?;
        let in_use = self.in_use.get_mut().unwrap_or_else(PoisonError::into_inner);
        in_use.config = config(&in_use.authorities.made, Some(&own)).map_err(|problem| vec![problem])?;
        in_use.own = Some(Held::new(read, own));
        self.own = Some(files);
        Ok(self)
    }

    /// Whether services that ask are shown a certificate: its file in words, and the last moment at which it is valid, in RFC 3339.
    /// `callers` are the authorities (PEM) by which they ask, where that is known.
    ///
    /// # Errors
    /// What keeps it from being taken at `now`: its time, its purpose, or that none of those authorities vouches for it.
    pub fn shows(
        &self,
        callers: Option<&Path>,
        now: OffsetDateTime,
    ) -> Result<Option<(String, String)>, TlsProblem> {
        let in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((files, own)) = self.own.as_ref().zip(in_use.own.as_ref()) else {
            return Ok(None);
        };
        files.taken(&own.made, callers, now)?;
        Ok(Some((files.name(), files::shown(own.made.validity().1))))
    }

    /// Shakes hands over a fresh connection with whoever calls itself `host`: a name, or an address without brackets.
    ///
    /// # Errors
    /// It is somebody else, nobody vouches for it, or it does not speak HTTP/2. By TLS 1.3 whoever refuses our certificate says so only
    /// afterwards: then the first read fails.
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

    /// By what the files hold now, or else held last.
    fn config(&self) -> Arc<ClientConfig> {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let others = self.look_at_authorities(&mut in_use.authorities);
        let renewed = self.look_at_own(in_use.own.as_mut());
        if others || renewed {
            let own = in_use.own.as_ref().map(|own| &own.made);
            match config(&in_use.authorities.made, own) {
                Ok(config) => in_use.config = config,
                // Never in practice: the first one could be made.
                Err(problem) => tracing::warn!(%problem, "services are called as before"),
            }
        }
        Arc::clone(&in_use.config)
    }

    /// Whether others vouch for services now.
    fn look_at_authorities(&self, held: &mut Held<Vec<u8>, Arc<RootCertStore>>) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let taken = files::read(file).and_then(|pem| held.take_over(pem, |pem| authorities::of(file, pem)));
        match taken {
            Ok(false) => false,
            Ok(true) => {
                tracing::info!(file = %file.display(), "other authorities vouch for services now");
                true
            }
            Err(problem) => {
                tracing::warn!(%problem, "the authorities of services stay those known before");
                false
            }
        }
    }

    /// Whether services that ask are shown another certificate now.
    fn look_at_own(&self, held: Option<&mut Held<Content, Own>>) -> bool {
        let Some((files, held)) = self.own.as_ref().zip(held) else {
            return false;
        };
        let read = files.read().map_err(|problems| files::listed(&problems));
        let taken = read.and_then(|read| {
            let taken = held.take_over(read, |read| files.own(read));
            taken.map_err(|problem| problem.to_string())
        });
        match taken {
            Ok(false) => false,
            Ok(true) => {
                tracing::info!(
                    file = files.name(),
                    "services that ask are shown another certificate now"
                );
                true
            }
            Err(problem) => {
                tracing::warn!(
                    problem,
                    "services that ask are shown the certificate known before"
                );
                false
            }
        }
    }
}

impl<R: PartialEq, T> Held<R, T> {
    fn new(read: R, made: T) -> Self {
        Self {
            read,
            refused: None,
            made,
        }
    }

    /// Takes over what the files hold now, if it is something else; whether it was. What cannot be used is told once.
    fn take_over(
        &mut self,
        read: R,
        make: impl FnOnce(&R) -> Result<T, TlsProblem>,
    ) -> Result<bool, TlsProblem> {
        if read == self.read || self.refused.as_ref() == Some(&read) {
            return Ok(false);
        }
        match make(&read) {
            Ok(made) => {
                *self = Self::new(read, made);
                Ok(true)
            }
            Err(problem) => {
                self.refused = Some(read);
                Err(problem)
            }
        }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("file", &self.file)
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

fn config(authorities: &Arc<RootCertStore>, own: Option<&Own>) -> Result<Arc<ClientConfig>, TlsProblem> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| TlsProblem::Backend(error.to_string()))?
        .with_root_certificates(Arc::clone(authorities));
    let mut config = match own {
        Some(own) => builder.with_client_cert_resolver(own.shown()),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![H2.to_vec()];
    Ok(Arc::new(config))
}

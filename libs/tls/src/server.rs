//! TLS where connections arrive, with a certificate that is looked at again while the process runs.
//!
//! The files are read every second, through whatever symlinks lead there at the moment. What they hold is taken
//! over for new connections once it has stood still for one interval, so that nobody sees a certificate with the key of
//! another; connections that are open keep theirs, and are asked to end within minutes anyway. What cannot be used never
//! replaces what can: it is told in the log, in `muster_certificate_problem` and in `/readyz`, and
//! looked at again until it can. The one in use goes on being shown after its end, because there is no better one; that
//! is told, too.
//!
//! With a third file, of authorities, services have to show a certificate of their own that one of them has signed. It is looked
//! at and taken over with the other two. Who is asked depends on where they arrive, not on the file: a listener for everybody asks nobody.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use muster_clock::Clock;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::certificate::Certificate;
use crate::files::{self, Content, Files};
use crate::problem::TlsProblem;

/// How long a client may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// TLS that ends here.
pub struct ServerTls {
    files: Files,
    protocols: &'static [&'static [u8]],
    clock: Clock,
    in_use: RwLock<Arc<InUse>>,
}

/// What new connections are shown, and what it was read from.
struct InUse {
    content: Content,
    certificate: Certificate,
}

impl ServerTls {
    /// Reads the files; clients may choose one of these application protocols, the better first. At the start there is no other
    /// certificate to keep, so one that is not valid now is refused, too.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn open(
        files: Files,
        protocols: &'static [&'static [u8]],
        clock: Clock,
    ) -> Result<Self, Vec<TlsProblem>> {
        let content = files.read()?;
        let in_use = InUse::new(&files, content, protocols, &clock).map_err(|problem| vec![problem])?;
        let tls = Self {
            files,
            protocols,
            clock,
            in_use: RwLock::new(Arc::new(in_use)),
        };
        tls.measure(None);
        Ok(tls)
    }

    /// Agrees on keys with a client, whoever it is; `None` if that fails or takes too long.
    pub async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let config = self.in_use().certificate.open();
        shake(config, stream).await
    }

    /// The same with a service, which has to show its certificate where [`Files::asking`] says who vouches for it.
    pub async fn accept_service(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let config = self.in_use().certificate.asking();
        shake(config, stream).await
    }

    /// Looks at the files until `shutdown`, and reports what is wrong with them each time.
    pub async fn watch(self: Arc<Self>, report: impl Fn(Option<String>), shutdown: CancellationToken) {
        let mut before = self.files.read();
        while shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await.is_some() {
            let found = self.files.read();
            if found == before {
                let problem = self.judge(&found).err();
                self.measure(problem.as_deref());
                report(problem);
            }
            before = found;
        }
    }

    /// Takes over what was found if it can be used.
    fn judge(&self, found: &Result<Content, Vec<TlsProblem>>) -> Result<(), String> {
        let in_use = self.in_use();
        let until = files::shown(in_use.certificate.ends());
        let and_now = |why: String| format!("{why}; the one in use is valid until {until}");
        let content = found
            .as_ref()
            .map_err(|problems| and_now(files::listed(problems)))?;
        if *content == in_use.content {
            let valid = self.files.valid(in_use.certificate.validity(), self.clock.now());
            return valid.map_err(|problem| problem.to_string());
        }
        let new = InUse::new(&self.files, content.clone(), self.protocols, &self.clock)
            .map_err(|problem| and_now(problem.to_string()))?;
        let until = files::shown(new.certificate.ends());
        tracing::info!(until, "the certificate is taken over");
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        Ok(())
    }

    /// The last moment at which the certificate in use is valid, in RFC 3339.
    #[must_use]
    pub fn until(&self) -> String {
        files::shown(self.in_use().certificate.ends())
    }

    /// Whether services have to show a certificate.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.files.callers().is_some()
    }

    /// The files of the certificate and its key, without those of callers' authorities: to show them elsewhere.
    #[must_use]
    pub fn files(&self) -> Files {
        self.files.clone().without_callers()
    }

    fn in_use(&self) -> Arc<InUse> {
        Arc::clone(&self.in_use.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn measure(&self, problem: Option<&str>) {
        let ends = self.in_use().certificate.ends();
        let certificate = || self.files.name();
        let problem = if problem.is_some() { 1.0 } else { 0.0 };
        metrics::gauge!("muster_certificate_expires_seconds", "certificate" => certificate())
            .set(ends.unix_timestamp() as f64);
        metrics::gauge!("muster_certificate_problem", "certificate" => certificate()).set(problem);
    }
}

impl InUse {
    fn new(files: &Files, content: Content, protocols: &[&[u8]], clock: &Clock) -> Result<Self, TlsProblem> {
        let certificate = files.certificate(&content, protocols)?;
        files.valid(certificate.validity(), clock.now())?;
        Ok(Self { content, certificate })
    }
}

async fn shake(config: Arc<ServerConfig>, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let problem = match timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client could not agree on keys");
            "failed"
        }
        Err(_) => "late",
    };
    metrics::counter!("muster_handshakes_failed_total", "problem" => problem).increment(1);
    None
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

//! One HTTP/2 connection to one replica of a service.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use muster_server::settings::PeerUrl;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::edge::forward::Forwarded;

/// The longest that connecting may take, the handshakes included.
pub(super) const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
const HEADER_LIST: u32 = 16 * 1024;

/// Calls on one connection: fewer than the 100 streams that a server commonly allows. What goes beyond a connection's
/// streams would wait inside the HTTP/2 client, unseen, until its deadline.
pub(super) const CALLS: usize = 90;
/// What one answer that nobody takes away may hold of a connection, and what the connection holds: enough for all.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 90 * STREAM_WINDOW;

/// Where calls are sent in.
pub(super) type Sender = SendRequest<Forwarded>;

/// A service as its URL names it.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// As requests name it.
    authority: Option<Authority>,
    tls: Option<TlsConnector>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the name cannot be resolved")]
    Name(#[source] std::io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    #[error("not connected within {} s", CONNECT.as_secs())]
    TooLate,
    #[error("the other side does not speak HTTP/2")]
    Http(#[source] hyper::Error),
    #[error("it failed a moment ago and is left alone")]
    Resting,
}

impl Target {
    pub(super) fn of(url: &PeerUrl) -> Self {
        let uri = url.uri();
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        Self {
            // An IPv6 address stands in brackets.
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
            authority: uri.authority().cloned(),
            tls: secure.then(tls),
        }
    }

    /// Where a method of the service is: HTTP/2 wants a scheme and an authority (RFC 9113, section 8.3.1).
    pub(super) fn uri(&self, path: &'static str) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(if self.tls.is_some() {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        });
        parts.authority.clone_from(&self.authority);
        parts.path_and_query = Some(PathAndQuery::from_static(path));
        // Never in practice: settings take no URL without a host.
        Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static(path))
    }

    /// A new connection to one of the service's addresses.
    pub(super) async fn connect(&self, address: SocketAddr) -> Result<Sender, ConnectError> {
        timeout(CONNECT, self.connecting(address))
            .await
            .unwrap_or(Err(ConnectError::TooLate))
    }

    async fn connecting(&self, address: SocketAddr) -> Result<Sender, ConnectError> {
        let stream = TcpStream::connect(address).await.map_err(ConnectError::Connect)?;
        stream.set_nodelay(true).map_err(ConnectError::Connect)?;
        let Some(tls) = &self.tls else {
            return handshake(stream).await;
        };
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| ConnectError::Connect(std::io::Error::other(error)))?;
        let secured = tls.connect(name, stream).await;
        handshake(secured.map_err(ConnectError::Connect)?).await
    }
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Sender, ConnectError> {
    let (sender, connection) = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .max_header_list_size(HEADER_LIST)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(ConnectError::Http)?;
    // It ends when the last sender is gone and the last answer is there, or when the other side ends it.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a service broke");
        }
    });
    Ok(sender)
}

fn tls() -> TlsConnector {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

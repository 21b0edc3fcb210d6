//! One HTTP/2 connection to one replica of a service.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong, Reason};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use muster_server::settings::PeerUrl;
use muster_tls::Trust;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::exchange::{ResponseBody, Upload};
use super::request_body::RequestBody;

/// The longest that connecting may take, the handshakes included.
pub(super) const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
const HEADER_LIST: u32 = 16 * 1024;

/// Calls on one connection: fewer than the 100 streams that a server commonly allows. What goes beyond a connection's
/// streams would wait inside the HTTP/2 client, unseen, until its deadline.
pub(super) const MAX_CALLS: usize = 90;
/// What one answer that nobody takes away may hold of a connection, and what the connection holds: enough for all.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 90 * STREAM_WINDOW;

/// A connection. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    state: Arc<State>,
}

/// What is known of a connection.
#[derive(Debug, Default)]
struct State {
    /// Calls that run on it.
    running: AtomicUsize,
    /// It takes no more calls.
    closed: AtomicBool,
}

/// One call on a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct StreamPermit(Connection);

/// The head of an answer, and what sends the rest of the request.
pub(super) type Answered = (Response<ResponseBody>, Option<Upload>);

/// Why a call was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// The connection had ended: nothing of it has left this process.
    #[error("it was not sent")]
    Unsent(Box<Request<RequestBody>>),
    #[error(transparent)]
    Broken(#[from] h2::Error),
}

impl SendError {
    /// Whether the other side has not begun with it, as it says: the connection was ending when the call came (RFC 9113, section 6.8;
    /// `h2` tells only those streams of it that are above the last one it takes), or it had no room (section 8.7).
    pub(super) fn was_not_begun(&self) -> bool {
        match self {
            Self::Unsent(_) => true,
            Self::Broken(error) => {
                let is_refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
                error.is_remote() && (error.is_go_away() || is_refused)
            }
        }
    }

    /// Whether the connection is lost: what became of the call, nobody knows.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Broken(error) if error.is_io())
    }
}

/// A service as one of its URLs names it.
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
    /// As requests name it.
    authority: Option<Authority>,
    /// None: plain text.
    trust: Option<Arc<Trust>>,
    /// Whoever is there has said that it is not ready, or cannot be reached.
    left_out: AtomicBool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("the name cannot be resolved")]
    Name(#[source] std::io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    #[error("not connected within {} s", CONNECT.as_secs())]
    TimedOut,
    #[error("the other side does not speak HTTP/2")]
    Http(#[source] h2::Error),
    #[error("it failed a moment ago and is not tried again yet")]
    BackingOff,
    #[error("each connection had ended when it was to be used")]
    Ended,
}

impl Target {
    pub(super) fn of(url: &PeerUrl, trust: &Arc<Trust>) -> Self {
        Self {
            host: url.host().to_owned(),
            port: url.port(),
            authority: url.uri().authority().cloned(),
            trust: url.is_https().then(|| Arc::clone(trust)),
            left_out: AtomicBool::new(false),
        }
    }

    /// Whether others are called while there are any.
    pub(super) fn is_left_out(&self) -> bool {
        self.left_out.load(Ordering::Relaxed)
    }

    /// Others are called from now on, or not any more; whether it was the other way before.
    pub(super) fn leave_out(&self, left_out: bool) -> bool {
        self.left_out.swap(left_out, Ordering::Relaxed) != left_out
    }

    /// Where a method of the service is: HTTP/2 wants a scheme and an authority (RFC 9113, section 8.3.1).
    pub(super) fn uri(&self, path: &'static str) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(if self.trust.is_some() {
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
    pub(super) async fn connect(&self, address: SocketAddr) -> Result<Connection, ConnectError> {
        timeout(CONNECT, self.connecting(address))
            .await
            .unwrap_or(Err(ConnectError::TimedOut))
    }

    async fn connecting(&self, address: SocketAddr) -> Result<Connection, ConnectError> {
        let stream = TcpStream::connect(address).await.map_err(ConnectError::Connect)?;
        stream.set_nodelay(true).map_err(ConnectError::Connect)?;
        let Some(trust) = &self.trust else {
            return handshake(stream).await;
        };
        let secured = trust.connect(&self.host, stream).await;
        handshake(secured.map_err(ConnectError::Connect)?).await
    }
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Connection, ConnectError> {
    let (sender, mut wire) = Builder::new()
        .enable_push(false)
        .initial_max_send_streams(MAX_CALLS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_LIST)
        .handshake(stream)
        .await
        .map_err(ConnectError::Http)?;
    let state = Arc::new(State::default());
    let (pings, watched) = (wire.ping_pong(), Arc::clone(&state));
    // It ends when the last sender is gone and the last answer is there, or when the other side ends it or is gone.
    tokio::spawn(async move {
        tokio::select! {
            biased;
            ended = wire => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection to a service broke");
                }
            }
            () = silence(pings, &watched) => tracing::debug!("a connection to a service is silent"),
        }
        watched.closed.store(true, Ordering::Relaxed);
    });
    Ok(Connection { sender, state })
}

/// Returns when the other side, asked now and then while it has calls, does not answer.
async fn silence(pings: Option<PingPong>, state: &State) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    loop {
        sleep(KEEPALIVE).await;
        if state.running() > 0
            && !matches!(
                timeout(KEEPALIVE_ANSWER, pings.ping(Ping::opaque())).await,
                Ok(Ok(_))
            )
        {
            return;
        }
    }
}

impl Connection {
    /// Whether nothing more can be sent.
    pub(super) fn is_closed(&self) -> bool {
        self.state.closed.load(Ordering::Relaxed)
    }

    /// Calls that run on it.
    pub(super) fn running(&self) -> usize {
        self.state.running()
    }

    /// One more call, until it is dropped; the caller has checked that there are fewer than [`MAX_CALLS`].
    pub(super) fn enter(&self) -> StreamPermit {
        self.state.running.fetch_add(1, Ordering::Relaxed);
        StreamPermit(self.clone())
    }
}

impl State {
    fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }
}

impl StreamPermit {
    /// Sends a call and waits for the head of its answer.
    pub(super) async fn send(&mut self, request: Request<RequestBody>) -> Result<Answered, SendError> {
        let sent = self.sending(request).await;
        if let Err(SendError::Broken(error)) = &sent
            && (error.is_io() || error.is_go_away())
        {
            // Its own task notices a moment later.
            self.0.state.closed.store(true, Ordering::Relaxed);
        }
        sent
    }

    async fn sending(&mut self, request: Request<RequestBody>) -> Result<Answered, SendError> {
        let Connection { sender, state } = &mut self.0;
        if state.running() == 1 {
            // The connection was idle: let the runtime first notice whether the other side has closed it meanwhile.
            yield_now().await;
        }
        // It does not wait for other calls' streams: there are fewer than the other side allows.
        if poll_fn(|context| sender.poll_ready(context)).await.is_err() {
            state.closed.store(true, Ordering::Relaxed);
            return Err(SendError::Unsent(Box::new(request)));
        }
        let (head, body) = request.into_parts();
        let head = Request::from_parts(head, ());
        let is_empty = matches!(body, RequestBody::Whole(None));
        let (answer, mut stream) = sender.send_request(head, is_empty)?;
        let upload = match body {
            RequestBody::Whole(None) => None,
            RequestBody::Whole(Some(message)) => {
                stream.send_data(message, true)?;
                None
            }
            RequestBody::Stream(body) => Some(Upload::start(body, stream)),
        };
        let response = answer.await?;
        Ok((response.map(ResponseBody::new), upload))
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.state.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

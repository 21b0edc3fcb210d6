//! One connection, from its first byte to its last.
//!
//! With TLS or without, the first bytes that are not encrypted tell which HTTP it speaks; what was agreed on in the
//! handshake (ALPN) must be the same.

use std::future::ready;
use std::io::Cursor;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use muster_tls::{H2, ServerTls};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;

use super::cancel_budget::{CancelBudget, FinishedCall};
use super::leaving::Leaving;
use super::request_body::RequestBody;
use super::request_head::{self, BadHead, MAX_HEADER_LIST};
use super::silence;
use super::trusted_proxies::TrustedProxies;
use super::yielding_reader::YieldingReader;
use crate::limits::{ClientAddress, NetworkDebts, ReadDebt, RequestGuard, SendBufferBudget};
use crate::router::Router;

const MAX_STREAMS: u32 = 100;
const MAX_LOCAL_RESETS: usize = 128;
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// How long a connection may take until it has said which HTTP it speaks, its TLS handshake included, or an HTTP/1.1
/// client to finish its headers.
const PROTOCOL_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is asked to end (GOAWAY; over HTTP/1.1 `Connection: close` in the next answer) after this long, give or take a
/// tenth, so that clients find new replicas.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// How long it may then linger after its last call has ended.
const LINGER: Duration = Duration::from_secs(10);

/// What the next connection of a network owes when one was cut off for flooding.
const CUT: Duration = Duration::from_secs(1);

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What all connections have in common. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ConnectionContext {
    pub(crate) router: Router,
    pub(crate) proxies: Arc<TrustedProxies>,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Arc<ServerTls>>,
    pub(crate) send_buffers: SendBufferBudget,
    pub(crate) cancels: CancelBudget,
    pub(crate) debts: NetworkDebts,
}

/// A connection whose bytes can be read.
struct Opened<R, W> {
    reader: R,
    writer: W,
    /// Whether it must be HTTP/2, if that was agreed on.
    http2: Option<bool>,
    /// The address of the other side of the socket.
    peer: IpAddr,
    /// When it must have told which HTTP it speaks.
    patience: Instant,
}

/// Serves until the other side ends it, it is old, or `stop`.
pub(crate) async fn serve(
    stream: TcpStream,
    peer: IpAddr,
    context: ConnectionContext,
    stop: CancellationToken,
) {
    let patience = Instant::now() + PROTOCOL_TIMEOUT;
    if stream.set_nodelay(true).is_err() || silence::bound(&stream).is_err() {
        return;
    }
    let Some(tls) = context.tls.clone() else {
        let (reader, writer) = stream.into_split();
        let opened = Opened {
            reader,
            writer,
            http2: None,
            peer,
            patience,
        };
        return serve_http(opened, context, stop).await;
    };
    if let Some(stream) = tls.accept(stream).await {
        let http2 = stream.get_ref().1.alpn_protocol().map(|agreed| agreed == H2);
        let (reader, writer) = tokio::io::split(stream);
        let opened = Opened {
            reader,
            writer,
            http2,
            peer,
            patience,
        };
        serve_http(opened, context, stop).await;
    }
}

async fn serve_http<R, W>(mut opened: Opened<R, W>, context: ConnectionContext, stop: CancellationToken)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let Some(first) = detect_protocol(&mut opened.reader, opened.patience).await else {
        return;
    };
    let http2 = first == PREFACE;
    if opened.http2.is_some_and(|agreed| agreed != http2) {
        return;
    }
    let in_flight = TaskTracker::new();
    // Over the connection of a proxy come the calls of many: one of them does not slow the others down.
    let is_of_one = !context.proxies.trust(opened.peer);
    let debt = is_of_one.then(|| context.debts.of_connection(opened.peer));
    let stream = tokio::io::join(
        Cursor::new(first).chain(YieldingReader::new(opened.reader, http2, debt.clone())),
        opened.writer,
    );
    let leaving = Leaving::default();
    let told = (!http2).then(|| leaving.clone());
    let answering = answering(context, opened.peer, in_flight.clone(), debt.clone(), told);
    let protocol = protocol(http2);
    let mut serving = std::pin::pin!(protocol.serve_connection(TokioIo::new(stream), service_fn(answering)));
    let age = MAX_AGE.mul_f64(0.9 + 0.2 * rand::random::<f64>());
    tokio::select! {
        ended = &mut serving => {
            if ended.is_err_and(|error| was_cut(&*error)) {
                debt.inspect(|debt| debt.add(CUT));
            }
            return;
        }
        () = stop.cancelled() => {}
        () = sleep(age) => leaving.begin(),
    }
    if !http2 && leaving.has_begun() {
        tokio::select! {
            _ = &mut serving => return,
            () = stop.cancelled() => {}
            () = leaving.unused(&in_flight) => {}
        }
    }
    serving.as_mut().graceful_shutdown();
    in_flight.close();
    tokio::select! {
        _ = serving => {}
        // Answers that nobody reads must not keep the connection open for ever.
        () = async { in_flight.wait().await; sleep(LINGER).await } => {}
    }
}

/// Whether the connection was ended here, for what came on it.
fn was_cut(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| {
        let http2 = cause.downcast_ref::<h2::Error>();
        http2.and_then(h2::Error::reason) == Some(h2::Reason::ENHANCE_YOUR_CALM)
    })
}

/// Answers the requests of one connection.
fn answering(
    context: ConnectionContext,
    peer: IpAddr,
    in_flight: TaskTracker,
    debt: Option<ReadDebt>,
    leaving: Option<Leaving>,
) -> impl Fn(Request<Incoming>) -> FinishedCall {
    let send_buffer = context.send_buffers.on_connection();
    move |request| {
        let address = context.proxies.caller(peer, request.headers());
        let guard = RequestGuard::new(in_flight.token(), address, send_buffer.clone(), debt.clone());
        let answered = match request_head::check(&request) {
            Ok(()) => {
                let mut request = RequestBody::of(request).map(Body::new);
                request.extensions_mut().insert(ClientAddress(address));
                request.extensions_mut().insert(guard.clone());
                context.router.answer(request)
            }
            Err(problem) => Box::pin(ready(refused(problem))),
        };
        FinishedCall::new(answered, context.cancels.clone(), Some(guard)).leaving(leaving.clone())
    }
}

/// The connection ends: what follows on it may be somebody else's.
fn refused(problem: BadHead) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from_static(
        problem.text().as_bytes(),
    ))));
    *response.status_mut() = problem.status();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Reads until it is clear whether this is the preface of HTTP/2; `None` if the client stops in the middle of it, or
/// `patience` is over.
async fn detect_protocol(stream: &mut (impl AsyncRead + Unpin), patience: Instant) -> Option<Vec<u8>> {
    let reading = async {
        let mut read = Vec::with_capacity(PREFACE.len());
        while read.len() < PREFACE.len() && PREFACE.starts_with(&read) {
            let mut rest = (&mut *stream).take((PREFACE.len() - read.len()) as u64);
            if rest.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        }
        Some(read)
    };
    timeout_at(patience, reading).await.ok().flatten()
}

fn protocol(http2: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PROTOCOL_TIMEOUT)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_local_error_reset_streams(MAX_LOCAL_RESETS)
        .max_header_list_size(MAX_HEADER_LIST)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER);
    if http2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::time::timeout;

    use super::*;

    async fn words(parts: &[&[u8]]) -> Option<Vec<u8>> {
        let (mut client, mut server) = tokio::io::duplex(64);
        let (words, ()) = tokio::join!(
            detect_protocol(&mut server, Instant::now() + PROTOCOL_TIMEOUT),
            async {
                for part in parts {
                    client.write_all(part).await.unwrap();
                    tokio::task::yield_now().await;
                }
                drop(client);
            }
        );
        words
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_byte_alone_does_not_hold_a_connection() {
        let (mut client, mut server) = tokio::io::duplex(64);
        client.write_all(b"P").await.unwrap();
        let began = Instant::now();
        let said = timeout(
            PROTOCOL_TIMEOUT * 2,
            detect_protocol(&mut server, began + PROTOCOL_TIMEOUT),
        )
        .await;
        assert_eq!((said, began.elapsed()), (Ok(None), PROTOCOL_TIMEOUT));
    }

    #[tokio::test]
    async fn the_detect_protocol_tell_which_http_it_is_however_they_come() {
        assert_eq!(words(&[PREFACE, b"more"]).await.unwrap(), PREFACE);
        let one_by_one: Vec<&[u8]> = PREFACE.chunks(1).collect();
        assert_eq!(words(&one_by_one).await.unwrap(), PREFACE);
        assert_eq!(words(&[b"G"]).await.unwrap(), b"G");
        assert_eq!(
            words(&[b"PR", b"OPFIND / HTTP/1.1"]).await.unwrap()[..4],
            *b"PROP"
        );
        assert_eq!(words(&[b"PRI * HT"]).await, None);
        assert_eq!(words(&[]).await, None);
    }
}

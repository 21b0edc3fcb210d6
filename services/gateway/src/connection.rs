//! One connection, from its first byte to its last.
//!
//! With TLS or without, the first bytes that are not encrypted tell which HTTP it speaks; what was agreed on in the
//! handshake (ALPN) must be the same.

use std::convert::Infallible;
use std::io::Cursor;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::body::Body;

use crate::door::Door;
use crate::fair::Fair;
use crate::finish::{Finish, TakenBack};
use crate::proxies::Proxies;
use crate::tls::{H2, Tls};
use crate::unread::{OnConnection, Unread, Waiting};
use crate::visitor::Visitor;

const STREAMS: u32 = 100;
const LOCAL_RESETS: usize = 128;
const HEADER_LIST: u32 = 16 * 1024;
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// How long a connection may take until it has said which HTTP it speaks, its TLS handshake included, or an HTTP/1.1
/// client to finish its headers.
const FIRST_WORDS: Duration = Duration::from_secs(10);
/// A connection is asked to end (GOAWAY) after this long, give or take a tenth, so that clients find new replicas.
const AGE: Duration = Duration::from_secs(5 * 60);
/// How long it may then linger after its last call has ended.
const LINGER: Duration = Duration::from_secs(10);

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Held by a request and by its answer while it is carried: the connection does not end before.
#[derive(Clone)]
pub(crate) struct Running {
    _counts: TaskTrackerToken,
    address: IpAddr,
    unread: OnConnection,
}

impl Running {
    /// So many bytes of its answer wait to be read; `None` if too much waits for whoever it is for.
    pub(crate) fn wait(&self, bytes: usize) -> Option<Waiting> {
        self.unread.wait(self.address, bytes)
    }
}

/// What all connections have in common. Cheap to clone.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) door: Door,
    pub(crate) proxies: Arc<Proxies>,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) unread: Unread,
    pub(crate) taken_back: TakenBack,
}

/// A connection whose bytes can be read.
struct Opened<R, W> {
    reader: R,
    writer: W,
    /// Whether it is to be HTTP/2, if that was agreed on.
    http2: Option<bool>,
}

/// Serves until the other side ends it, it is old, or `stop`.
pub(crate) async fn serve(stream: TcpStream, peer: IpAddr, house: House, stop: CancellationToken) {
    let patience = Instant::now() + FIRST_WORDS;
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(tls) = house.tls.clone() else {
        let (reader, writer) = stream.into_split();
        let http2 = None;
        return talk(
            Opened {
                reader,
                writer,
                http2,
            },
            patience,
            peer,
            house,
            stop,
        )
        .await;
    };
    if let Some(stream) = tls.accept(stream).await {
        let http2 = stream.get_ref().1.alpn_protocol().map(|agreed| agreed == H2);
        let (reader, writer) = tokio::io::split(stream);
        talk(
            Opened {
                reader,
                writer,
                http2,
            },
            patience,
            peer,
            house,
            stop,
        )
        .await;
    }
}

async fn talk<R, W>(
    mut opened: Opened<R, W>,
    patience: Instant,
    peer: IpAddr,
    house: House,
    stop: CancellationToken,
) where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let Some(first) = first_words(&mut opened.reader, patience).await else {
        return;
    };
    let http2 = first == PREFACE;
    if opened.http2.is_some_and(|agreed| agreed != http2) {
        return;
    }
    let protocol = protocol(http2);
    let running = TaskTracker::new();
    let calls = running.clone();
    let unread = house.unread.on_connection();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let address = house.proxies.caller(peer, request.headers());
        let running = Running {
            _counts: calls.token(),
            address,
            unread: unread.clone(),
        };
        request.extensions_mut().insert(Visitor { address });
        request.extensions_mut().insert(running.clone());
        let answering = Finish::new(house.door.answer(request), house.taken_back.clone());
        async move {
            let answer = answering.await;
            drop(running);
            Ok::<_, Infallible>(answer)
        }
    });
    let stream = tokio::io::join(
        Cursor::new(first).chain(Fair::new(opened.reader, http2)),
        opened.writer,
    );
    let mut serving = std::pin::pin!(protocol.serve_connection(TokioIo::new(stream), service));
    let age = AGE.mul_f64(0.9 + 0.2 * rand::random::<f64>());
    tokio::select! {
        _ = &mut serving => return,
        () = stop.cancelled() => {}
        () = sleep(age) => {}
    }
    serving.as_mut().graceful_shutdown();
    running.close();
    tokio::select! {
        _ = serving => {}
        // Answers that nobody reads must not keep it for ever.
        () = async { running.wait().await; sleep(LINGER).await } => {}
    }
}

/// Reads until it is clear whether this is the preface of HTTP/2, until then: whoever stops in the middle of it has said
/// nothing.
async fn first_words(stream: &mut (impl AsyncRead + Unpin), patience: Instant) -> Option<Vec<u8>> {
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
        .header_read_timeout(FIRST_WORDS)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_local_error_reset_streams(LOCAL_RESETS)
        .max_header_list_size(HEADER_LIST)
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
        let (words, ()) = tokio::join!(first_words(&mut server, Instant::now() + FIRST_WORDS), async {
            for part in parts {
                client.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
            drop(client);
        });
        words
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_byte_alone_does_not_hold_a_connection() {
        let (mut client, mut server) = tokio::io::duplex(64);
        client.write_all(b"P").await.unwrap();
        let began = Instant::now();
        let said = timeout(FIRST_WORDS * 2, first_words(&mut server, began + FIRST_WORDS)).await;
        assert_eq!((said, began.elapsed()), (Ok(None), FIRST_WORDS));
    }

    #[tokio::test]
    async fn the_first_words_tell_which_http_it_is_however_they_come() {
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

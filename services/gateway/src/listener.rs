//! Connections: HTTP/1.1 and HTTP/2 on one port, every limit set.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;

use crate::door::Door;

/// Connections that may be open at the same time.
const CONNECTIONS: usize = 10_000;
const STREAMS: u32 = 100;
const LOCAL_RESETS: usize = 128;
const HEADER_LIST: u32 = 16 * 1024;
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// How long a connection may take to say its first word, or an HTTP/1.1 client to finish its headers.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// A connection is asked to end (GOAWAY) after this long, give or take a tenth, so that clients find new replicas.
const AGE: Duration = Duration::from_secs(5 * 60);

/// Serves until `stop`, then lets connections end.
pub(crate) async fn serve(listener: TcpListener, door: Door, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            Ok(permit) = Arc::clone(&room).acquire_owned() => permit,
        };
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => drop(connections.spawn(connection(stream, address, door.clone(), stop.clone(), permit))),
                Err(error) => {
                    // Out of file descriptors, most likely: others must end first.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    door: Door,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
) {
    // Which HTTP it is can only be told from the first bytes; whoever sends none holds a connection for nothing.
    if timeout(FIRST_WORD, stream.peek(&mut [0])).await.is_err() || stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let (door, mut request) = (door.clone(), request.map(Body::new));
        request.extensions_mut().insert(ConnectInfo(address));
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let protocols = protocols();
    let mut serving = std::pin::pin!(protocols.serve_connection(TokioIo::new(stream), service));
    let age = AGE.mul_f64(0.9 + 0.2 * rand::random::<f64>());
    let ended = tokio::select! {
        ended = &mut serving => Some(ended),
        () = stop.cancelled() => None,
        () = sleep(age) => None,
    };
    if ended.is_none() {
        serving.as_mut().graceful_shutdown();
        let _ = serving.await;
    }
}

fn protocols() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(FIRST_WORD)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_local_error_reset_streams(LOCAL_RESETS)
        .max_header_list_size(HEADER_LIST)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER);
    builder
}

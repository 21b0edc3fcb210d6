//! HTTP/2 for services: every limit set, because tonic leaves several of them open.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::ready;
use futures::{Stream, StreamExt};
use http::{Request, Response};
use muster_tls::ServerTls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::{Connected, TcpIncoming};
use tonic_health::server::HealthService;
use tonic_reflection::server::Builder as Reflection;

use crate::Health;

/// More than the edge takes of one client: the gateway and the other services call for many over one connection.
const STREAMS: u32 = 256;
/// tonic passes `None` for this one, which takes hyper's own limit away.
const LOCAL_RESETS: usize = 128;
const HEADER_LIST: u32 = 16 * 1024;
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// A connection ends (GOAWAY, calls finish) after this long, give or take a tenth, so that clients find new replicas.
/// Without a grace period: with one, tonic sends no GOAWAY.
const AGE: Duration = Duration::from_secs(5 * 60);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Handshakes at the same time: who stops in the middle of one holds nobody up.
const HANDSHAKES: usize = 1024;

/// Serves until `stop`, then lets connections end; in plain text if there is no certificate.
pub(crate) async fn serve<S>(
    listener: TcpListener,
    tls: Option<Arc<ServerTls>>,
    front: S,
    stop: CancellationToken,
) -> anyhow::Result<()>
where
    S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let incoming = unhurried(TcpIncoming::from(listener).with_nodelay(Some(true)));
    match tls {
        None => answer(incoming, front, stop).await,
        Some(tls) => answer(secured(incoming, tls), front, stop).await,
    }
}

/// Connections whose handshake succeeded, as soon as it has.
fn secured(
    incoming: impl Stream<Item = io::Result<TcpStream>>,
    tls: Arc<ServerTls>,
) -> impl Stream<Item = io::Result<TlsStream<TcpStream>>> {
    let shaking = incoming.map(move |accepted| {
        let tls = Arc::clone(&tls);
        async move {
            match accepted {
                Ok(stream) => tls.accept_service(stream).await.map(Ok),
                Err(error) => Some(Err(error)),
            }
        }
    });
    shaking.buffer_unordered(HANDSHAKES).filter_map(ready)
}

async fn answer<S, C>(
    incoming: impl Stream<Item = io::Result<C>>,
    front: S,
    stop: CancellationToken,
) -> anyhow::Result<()>
where
    S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let age = AGE.mul_f64(0.9 + 0.2 * rand::random::<f64>());
    Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_local_error_reset_streams(Some(LOCAL_RESETS))
        .http2_max_header_list_size(HEADER_LIST)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
        .max_connection_age(age)
        .serve_with_incoming_shutdown(front, incoming, stop.cancelled_owned())
        .await?;
    Ok(())
}

/// Connections as they come. When none can be accepted (out of file descriptors, most likely), others must end first:
/// tonic would ask again at once, for as long as that lasts, and say nothing.
fn unhurried<T>(incoming: impl Stream<Item = io::Result<T>>) -> impl Stream<Item = io::Result<T>> {
    incoming.then(async |accepted| {
        if let Err(error) = &accepted
            && !gone_again(error)
        {
            tracing::warn!(%error, "a connection could not be accepted");
            sleep(ACCEPT_PAUSE).await;
        }
        accepted
    })
}

/// A client that went away before it was accepted: nobody else has to wait for that.
fn gone_again(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Adds `grpc.health.v1` and reflection (v1 and v1alpha) of the services that are answered here, and of no others.
pub(crate) fn with_health_and_reflection(
    routes: Routes,
    names: &[&'static str],
    health: &Health,
) -> anyhow::Result<Routes> {
    let health = HealthService::from_health_reporter(health.reporter());
    Ok(routes
        .add_service(tonic_health::pb::health_server::HealthServer::new(health))
        .add_service(reflection(names).build_v1()?)
        .add_service(reflection(names).build_v1alpha()?))
}

fn reflection(names: &[&'static str]) -> Reflection<'static> {
    let own = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let described = Reflection::configure()
        .register_encoded_file_descriptor_set(muster_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(muster_refusal::DETAILS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    names
        .iter()
        .copied()
        .chain(own)
        .fold(described, Reflection::with_service_name)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_process_without_file_descriptors_does_not_spin() {
        // EMFILE: `std` has no name for it.
        let out_of_files = || Err::<(), _>(io::Error::from_raw_os_error(24));
        let asked = AtomicU32::new(0);
        let incoming = futures::stream::repeat_with(|| {
            asked.fetch_add(1, Ordering::Relaxed);
            out_of_files()
        });
        let all = unhurried(incoming.take(1000)).for_each(async |_| {});
        assert!(timeout(Duration::from_secs(1), all).await.is_err());
        assert!(asked.load(Ordering::Relaxed) < 20);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_that_go_away_hold_nobody_up() {
        let gone = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionAborted));
        let began = Instant::now();
        let incoming = futures::stream::iter([gone(), gone(), Ok(())]);
        let accepted: Vec<_> = unhurried(incoming).collect().await;
        assert!(accepted.last().unwrap().is_ok());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}

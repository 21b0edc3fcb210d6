//! Accepts connections, up to limits for all and for each network.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, ConnectionContext};
use super::worker_threads::WorkerThreads;
use crate::limits::network;
use muster_server::KeyedLimit;

/// Connections that may be open at the same time.
const MAX_CONNECTIONS: usize = 10_000;
/// Connections of one network. A trusted proxy speaks for many clients and may have all of them.
const MAX_OF_NETWORK: usize = 500;

/// Serves on these threads until `stop`, then lets connections end.
pub(crate) async fn serve(
    listener: TcpListener,
    workers: WorkerThreads,
    context: ConnectionContext,
    stop: CancellationToken,
) {
    let all = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let by_network: KeyedLimit<IpAddr> = KeyedLimit::new(MAX_OF_NETWORK);
    let connections = TaskTracker::new();
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            Ok(permit) = Arc::clone(&all).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok((stream, address)) => (stream, address.ip()),
            Err(error) => {
                // Out of file descriptors, most likely: others must end first.
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let of_network = (!context.proxies.trust(peer)).then(|| by_network.take(network(peer)));
        if of_network.as_ref().is_some_and(Option::is_none) {
            metrics::counter!("edge_connections_refused_total").increment(1);
            continue;
        }
        // Registered anew on the worker thread, which is to be woken by its bytes.
        let Ok(stream) = stream.into_std() else {
            continue;
        };
        let (context, stop) = (context.clone(), stop.clone());
        workers.spawn(connections.track_future(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                connection::serve(stream, peer, context, stop).await;
            }
            drop((permit, of_network));
        }));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    let _ = spawn_blocking(move || drop(workers)).await;
}

//! Accepts connections: so many together, so many of one network.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{self, House};
use crate::rate::network;
use crate::tally::Tally;
use crate::workers::Workers;

/// Connections that may be open at the same time.
const CONNECTIONS: usize = 10_000;
/// Connections of one network. A trusted proxy speaks for many and may have all of them.
const CONNECTIONS_OF_ONE: usize = 500;

/// Serves on these threads until `stop`, then lets connections end.
pub(crate) async fn serve(listener: TcpListener, workers: Workers, house: House, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let of_one: Tally<IpAddr> = Tally::new(CONNECTIONS_OF_ONE);
    let connections = TaskTracker::new();
    loop {
        let permit = tokio::select! {
            () = stop.cancelled() => break,
            Ok(permit) = Arc::clone(&room).acquire_owned() => permit,
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
        let share = (!house.proxies.trust(peer)).then(|| of_one.take(network(peer)));
        if share.as_ref().is_some_and(Option::is_none) {
            metrics::counter!("edge_connections_refused_total").increment(1);
            continue;
        }
        // The thread that serves it is to hear of its bytes, not this one.
        let Ok(stream) = stream.into_std() else {
            continue;
        };
        let (house, stop) = (house.clone(), stop.clone());
        workers.spawn(connections.track_future(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                connection::serve(stream, peer, house, stop).await;
            }
            drop((permit, share));
        }));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    let _ = spawn_blocking(move || drop(workers)).await;
}

//! The connections to one service: as many as its calls need, none with more calls than it carries side by side.
//!
//! What goes beyond a connection's streams would wait inside the HTTP/2 client, unseen, until its deadline.

use std::sync::Arc;
use std::time::Duration;

use muster_server::settings::PeerUrl;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// Calls on one connection: fewer than the 100 streams that a server commonly allows.
const CALLS: usize = 90;
/// What one answer that nobody takes away may hold of a connection, and what the connection holds: enough for all.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 90 * STREAM_WINDOW;

/// Connections to one service, each with the calls that it has room for.
#[derive(Debug)]
pub(super) struct Lanes(Vec<(Channel, Arc<Semaphore>)>);

impl Lanes {
    /// Connections for so many calls at the same time.
    pub(super) fn new(url: &PeerUrl, calls: usize) -> Result<Self, tonic::transport::Error> {
        let (endpoint, lanes) = (endpoint(url)?, calls.div_ceil(CALLS));
        let room = |n| calls / lanes + usize::from(n < calls % lanes);
        let lane = |n| (endpoint.connect_lazy(), Arc::new(Semaphore::new(room(n))));
        Ok(Self((0..lanes).map(lane).collect()))
    }

    /// The connection with the most room, and a place on it; `None` when all are full.
    pub(super) fn take(&self) -> Option<(Channel, OwnedSemaphorePermit)> {
        let free = |(_, room): &&(Channel, Arc<Semaphore>)| room.available_permits();
        let (channel, room) = self.0.iter().max_by_key(free)?;
        let permit = Arc::clone(room).try_acquire_owned().ok()?;
        Some((channel.clone(), permit))
    }

    /// One of them.
    pub(super) fn first(&self) -> Option<Channel> {
        self.0.first().map(|(channel, _)| channel.clone())
    }
}

/// One connection each, made when it is needed. Not a balanced channel: that one keeps addresses it has once seen.
/// Servers end connections after a while, so that replicas that came later get their share.
fn endpoint(url: &PeerUrl) -> Result<Endpoint, tonic::transport::Error> {
    let endpoint = Endpoint::from(url.uri().clone())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .http2_max_header_list_size(16 * 1024);
    if url.uri().scheme_str() == Some("https") {
        endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots())
    } else {
        Ok(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_spread_over_connections_and_never_more_than_there_is_room_for() {
        let url = "http://127.0.0.1:1".parse().unwrap();
        let lanes = Lanes::new(&url, 179).unwrap();
        let taken: Vec<_> = (0..179).map(|_| lanes.take().unwrap()).collect();
        assert!(lanes.take().is_none());
        drop(taken);
        let _three = [lanes.take(), lanes.take(), lanes.take()];
        let left: Vec<_> = lanes.0.iter().map(|(_, room)| room.available_permits()).collect();
        assert_eq!(left, [88, 88]);
    }
}

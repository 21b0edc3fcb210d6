//! The connection to a peer.

use std::time::Duration;

use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::settings::PeerUrl;

const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// One connection, made when it is needed. Not a balanced channel: that one keeps addresses it has once seen. Servers
/// end connections after a while, so that replicas that came later get their share.
///
/// # Errors
/// TLS is asked for, and cannot be set up.
pub fn channel(url: &PeerUrl) -> Result<Channel, tonic::transport::Error> {
    let endpoint = endpoint(url);
    let endpoint = if url.uri().scheme_str() == Some("https") {
        endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots())?
    } else {
        endpoint
    };
    Ok(endpoint.connect_lazy())
}

/// The same. Without TLS that is asked for, calls fail in the handshake, and say so: nothing is ever sent in the clear to an
/// https peer.
pub(super) fn lazy(url: &PeerUrl) -> Channel {
    channel(url).unwrap_or_else(|error| {
        tracing::error!(%error, "TLS cannot be set up");
        endpoint(url).connect_lazy()
    })
}

fn endpoint(url: &PeerUrl) -> Endpoint {
    Endpoint::from(url.uri().clone())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .http2_max_header_list_size(16 * 1024)
}

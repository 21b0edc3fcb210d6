//! The connection to a peer.

use std::time::Duration;

use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::settings::PeerUrl;

const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// One connection, made when it is needed. Not a balanced channel: that one keeps addresses it has once seen. Servers
/// end connections after a while, so that replicas that came later get their share.
pub(crate) fn lazy(url: &PeerUrl) -> Channel {
    let endpoint = Endpoint::from(url.uri().clone())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .http2_max_header_list_size(16 * 1024);
    if url.uri().scheme_str() != Some("https") {
        return endpoint.connect_lazy();
    }
    let tls = ClientTlsConfig::new().with_webpki_roots();
    match endpoint.clone().tls_config(tls) {
        Ok(secured) => secured.connect_lazy(),
        // Calls then fail in the handshake, and say so: nothing is ever sent in the clear to an https peer.
        Err(error) => {
            tracing::error!(%error, "TLS cannot be set up");
            endpoint.connect_lazy()
        }
    }
}

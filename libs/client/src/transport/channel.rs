//! The connection.

use std::time::Duration;

use http::Uri;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint, Error};

const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// Refusals with many violations are in the trailers.
const HEADER_BYTES: u32 = 16 * 1024;

/// One connection, made when it is needed. Not a balanced channel: that one keeps addresses it has once seen. Servers
/// end connections after a while, so that replicas that came later get their share.
///
/// # Errors
/// TLS is asked for (`https`), and cannot be set up.
pub fn channel(uri: &Uri) -> Result<Channel, Error> {
    let endpoint = endpoint(uri);
    let endpoint = if uri.scheme_str() == Some("https") {
        endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots())?
    } else {
        endpoint
    };
    Ok(endpoint.connect_lazy())
}

/// The settings of the connection: whether the other side is there is asked every 30 s.
pub fn endpoint(uri: &Uri) -> Endpoint {
    Endpoint::from(uri.clone())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .http2_max_header_list_size(HEADER_BYTES)
}

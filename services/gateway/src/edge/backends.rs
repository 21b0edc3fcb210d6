//! The services behind the edge, by the area of the packages that they own.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, Request, Response, Uri};
use muster_access::{MethodRule, Rules};
use muster_refusal::Refusal;
use muster_server::settings::PeerUrl;
use tonic::body::Body;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tower::{Service as _, ServiceExt as _};

use super::refuse;

const CONNECT: Duration = Duration::from_secs(2);
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);

/// Connections to the services.
#[derive(Debug, Clone)]
pub struct Backends(BTreeMap<String, Channel>);

/// A service that nothing is known of.
#[derive(Debug, thiserror::Error)]
pub enum NoBackend {
    /// RPCs of this area could not be answered.
    #[error("no address for the service `{0}`, whose RPCs are public")]
    Missing(String),
    /// The address asks for TLS, which cannot be set up.
    #[error("TLS to the service `{0}` cannot be set up")]
    Tls(String, #[source] tonic::transport::Error),
}

impl Backends {
    /// Connections to these services, by area; each is made at the first call, and again whenever it is gone.
    ///
    /// # Errors
    /// Every area that has exposed RPCs and no address, and every address that cannot be used.
    pub fn new<'a>(
        rules: &Rules,
        addresses: impl IntoIterator<Item = (&'a str, &'a PeerUrl)>,
    ) -> Result<Self, Vec<NoBackend>> {
        let mut problems = Vec::new();
        let mut channels = BTreeMap::new();
        for (area, url) in addresses {
            match connection(area, url) {
                Ok(channel) => drop(channels.insert(area.to_owned(), channel)),
                Err(problem) => problems.push(problem),
            }
        }
        let mut missing: Vec<_> = rules
            .iter()
            .filter(|rule| !rule.is_internal())
            .map(|rule| &rule.area)
            .collect();
        missing.dedup();
        missing.retain(|area| !channels.contains_key(*area));
        problems.extend(missing.into_iter().cloned().map(NoBackend::Missing));
        if problems.is_empty() {
            Ok(Self(channels))
        } else {
            Err(problems)
        }
    }

    /// Sends a call to the service that owns the method.
    pub(super) async fn call(
        &self,
        rule: &'static MethodRule,
        headers: HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, Refusal> {
        let mut channel = self.0.get(&rule.area).cloned().ok_or_else(Refusal::unavailable)?;
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        *request.version_mut() = http::Version::HTTP_2;
        *request.uri_mut() = Uri::from_static(&rule.path);
        *request.headers_mut() = headers;
        let answered = async { channel.ready().await?.call(request).await };
        answered.await.map_err(|error| refusal(&rule.area, &error))
    }
}

/// The channel keeps to the deadline, too, and may notice it before we do.
fn refusal(area: &str, error: &tonic::transport::Error) -> Refusal {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<tonic::TimeoutExpired>() {
            return refuse::too_late();
        }
        cause = inner.source();
    }
    tracing::warn!(
        service = area,
        error = error as &dyn std::error::Error,
        "a service does not answer"
    );
    Refusal::unavailable()
}

fn connection(area: &str, url: &PeerUrl) -> Result<Channel, NoBackend> {
    let endpoint = Endpoint::from(url.uri().clone())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_ANSWER)
        .http2_max_header_list_size(16 * 1024);
    if url.uri().scheme_str() != Some("https") {
        return Ok(endpoint.connect_lazy());
    }
    let tls = ClientTlsConfig::new().with_webpki_roots();
    let secured = endpoint
        .tls_config(tls)
        .map_err(|error| NoBackend::Tls(area.to_owned(), error))?;
    Ok(secured.connect_lazy())
}

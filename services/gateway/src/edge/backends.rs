//! The services behind the edge, by the area of the packages that they own.

mod lanes;

use std::collections::BTreeMap;

use http::{HeaderMap, Request, Response, Uri};
use muster_access::{MethodRule, Rules};
use muster_refusal::Refusal;
use muster_server::settings::PeerUrl;
use tokio::sync::OwnedSemaphorePermit;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::{Service as _, ServiceExt as _};

use self::lanes::Lanes;
use super::refuse;

/// Of the calls that may run at the same time, those to one service: one that hangs does not take the others with it.
const ONE_SERVICES: usize = 2;

/// Connections to the services.
#[derive(Debug)]
pub struct Backends(BTreeMap<String, Lanes>);

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
    /// Connections to these services, by area, for half of `max_calls` each; they are made when they are needed, and again
    /// whenever they are gone.
    ///
    /// # Errors
    /// Every area that has exposed RPCs and no address, and every address that cannot be used.
    pub fn new<'a>(
        rules: &Rules,
        addresses: impl IntoIterator<Item = (&'a str, &'a PeerUrl)>,
        max_calls: usize,
    ) -> Result<Self, Vec<NoBackend>> {
        let mut problems = Vec::new();
        let mut areas = BTreeMap::new();
        for (area, url) in addresses {
            match Lanes::new(url, (max_calls / ONE_SERVICES).max(1)) {
                Ok(lanes) => drop(areas.insert(area.to_owned(), lanes)),
                Err(problem) => problems.push(NoBackend::Tls(area.to_owned(), problem)),
            }
        }
        let mut missing: Vec<_> = rules
            .iter()
            .filter(|rule| !rule.is_internal())
            .map(|rule| &rule.area)
            .collect();
        missing.dedup();
        missing.retain(|area| !areas.contains_key(*area));
        problems.extend(missing.into_iter().cloned().map(NoBackend::Missing));
        if problems.is_empty() {
            Ok(Self(areas))
        } else {
            Err(problems)
        }
    }

    /// A connection to each service, by area, for looking whether it is there.
    pub(crate) fn channels(&self) -> impl Iterator<Item = (&str, Channel)> {
        self.0
            .iter()
            .filter_map(|(area, lanes)| Some((area.as_str(), lanes.first()?)))
    }

    /// Sends a call to the service that owns the method. The permit is one call of this service's, until the answer ends.
    pub(super) async fn call(
        &self,
        rule: &'static MethodRule,
        headers: HeaderMap,
        body: Body,
    ) -> Result<(Response<Body>, OwnedSemaphorePermit), Refusal> {
        let lanes = self.0.get(&rule.area).ok_or_else(Refusal::unavailable)?;
        let (mut channel, permit) = lanes.take().ok_or_else(refuse::overloaded)?;
        let mut request = Request::new(body);
        *request.method_mut() = http::Method::POST;
        *request.version_mut() = http::Version::HTTP_2;
        *request.uri_mut() = Uri::from_static(&rule.path);
        *request.headers_mut() = headers;
        let answered = async { channel.ready().await?.call(request).await };
        let response = answered.await.map_err(|error| refusal(&rule.area, &error))?;
        Ok((response, permit))
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

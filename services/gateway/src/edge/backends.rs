//! The services behind the edge, by the area of the packages that they own.

mod connection;
mod names;
mod replica;
mod sending;
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, Method, Request, Response, Version};
use muster_access::{MethodRule, Rules};
use muster_refusal::Refusal;
use muster_server::channel;
use muster_server::settings::PeerUrl;
use tonic::transport::Channel;

use self::connection::Target;
pub(super) use self::sending::Received;
pub(super) use self::service::Occupied;
use self::service::Service;
use super::forward::Forwarded;
use super::refuse;
use crate::access;

/// Of the calls that may run at the same time, those to one service: one that hangs does not take the others with it.
const ONE_SERVICES: usize = 2;

/// Connections to the services.
#[derive(Debug)]
pub struct Backends(BTreeMap<String, Backend>);

/// One service: where calls go, and what asks whether it is there.
#[derive(Debug)]
struct Backend {
    service: Arc<Service>,
    probe: Channel,
}

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
    /// Every area of others that has exposed RPCs and no address, and every address that cannot be used.
    pub fn new<'a>(
        rules: &Rules,
        addresses: impl IntoIterator<Item = (&'a str, &'a PeerUrl)>,
        max_calls: usize,
    ) -> Result<Self, Vec<NoBackend>> {
        let mut problems = Vec::new();
        let mut areas = BTreeMap::new();
        for (area, url) in addresses {
            match Backend::new(url, (max_calls / ONE_SERVICES).max(1)) {
                Ok(backend) => drop(areas.insert(area.to_owned(), backend)),
                Err(problem) => problems.push(NoBackend::Tls(area.to_owned(), problem)),
            }
        }
        let mut missing: Vec<_> = rules
            .iter()
            .filter(|rule| !rule.is_internal() && rule.area != access::AREA)
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
            .map(|(area, backend)| (area.as_str(), backend.probe.clone()))
    }

    /// Sends a call to the service that owns the method. What is occupied is one call of this service's, until the answer
    /// ends.
    pub(super) async fn call(
        &self,
        rule: &'static MethodRule,
        headers: HeaderMap,
        body: Forwarded,
    ) -> Result<(Response<Received>, Occupied), Refusal> {
        let backend = self.0.get(&rule.area).ok_or_else(Refusal::unavailable)?;
        let call = backend.service.enter().ok_or_else(refuse::overloaded)?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = backend.service.uri(&rule.path);
        *request.headers_mut() = headers;
        call.send(request).await.map_err(|error| {
            tracing::warn!(
                service = rule.area,
                error = &error as &dyn std::error::Error,
                "a service does not answer"
            );
            Refusal::unavailable()
        })
    }
}

impl Backend {
    fn new(url: &PeerUrl, calls: usize) -> Result<Self, tonic::transport::Error> {
        Ok(Self {
            probe: channel(url)?,
            service: Arc::new(Service::new(Target::of(url), calls)),
        })
    }
}

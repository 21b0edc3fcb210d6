//! The services behind the edge, by the area of the packages that they own: addresses, replicas, connections, and which
//! replica answers the next call.

mod addresses;
mod clocks;
mod connection;
mod exchange;
mod readiness;
mod replica;
mod request_body;
mod roles;
mod service;
mod sessions;
mod staff_reads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::{HeaderMap, Method, Request, Response, Version};
use muster_access::{MethodRule, Rules};
use muster_server::settings::PeerUrls;
use muster_tls::Trust;

pub(crate) use self::exchange::ResponseBody;
pub(crate) use self::readiness::{Watched, watch as watch_readiness};
pub(crate) use self::request_body::RequestBody;
pub(crate) use self::roles::Roles;
pub(crate) use self::service::UpstreamPermit;
use self::service::{CallError, Service};
pub(crate) use self::sessions::Sessions;
pub(crate) use self::staff_reads::StaffReads;
use crate::name::NAME;

/// One service may have half of the calls that may run at the same time: one that hangs does not take the others with it.
const SHARE_OF_SERVICE: usize = 2;

/// Connections to the services.
#[derive(Debug)]
pub(crate) struct Upstreams {
    services: BTreeMap<String, Arc<Service>>,
    /// What asks them whether they are ready.
    watched: Vec<Watched>,
}

/// A service that cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamProblem {
    /// RPCs of this area could not be answered.
    #[error("no address for the service `{0}`, whose RPCs are public")]
    Missing(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// No service has this area.
    #[error("no service has the area")]
    NoService,
    /// The service has as many calls as it may have at the same time.
    #[error("the service has too many calls")]
    Busy,
    /// It could not be reached, or broke off.
    #[error("the service does not answer")]
    NoAnswer(#[source] CallError),
}

impl Upstreams {
    /// Connections to these services, by area, for half of `max_calls` each; they are made when they are needed, and again
    /// whenever they are gone. Services of https must be vouched for by `trust`.
    ///
    /// # Errors
    /// Every area of another service that has exposed RPCs and no address.
    pub(crate) fn new<'a>(
        rules: &Rules,
        addresses: impl IntoIterator<Item = (&'a str, &'a PeerUrls)>,
        trust: &Arc<Trust>,
        max_calls: usize,
    ) -> Result<Self, Vec<UpstreamProblem>> {
        let max_calls = (max_calls / SHARE_OF_SERVICE).max(1);
        let (mut services, mut watched) = (BTreeMap::new(), Vec::new());
        for (area, urls) in addresses {
            let service = Arc::new(Service::new(urls, trust, max_calls));
            watched.push(Watched::new(area, &service, urls, trust));
            services.insert(area.to_owned(), service);
        }
        let missing = areas(rules).filter(|area| !services.contains_key(*area));
        let missing: BTreeSet<_> = missing.map(str::to_owned).collect();
        if missing.is_empty() {
            Ok(Self { services, watched })
        } else {
            Err(missing.into_iter().map(UpstreamProblem::Missing).collect())
        }
    }

    /// What asks each service whether it is ready.
    pub(crate) fn watched(&self) -> Vec<Watched> {
        self.watched.clone()
    }

    /// Sends a call to the service that owns the method. The permit is one of this service's calls, until the answer ends.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) async fn call(
        &self,
        rule: &'static MethodRule,
        headers: HeaderMap,
        body: RequestBody,
    ) -> Result<(Response<ResponseBody>, UpstreamPermit), UpstreamError> {
        let service = self.services.get(&rule.area).ok_or(UpstreamError::NoService)?;
        let call = service.enter().ok_or(UpstreamError::Busy)?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = service.uri(&rule.path);
        *request.headers_mut() = headers;
        call.send(request, rule.retry_safe)
            .await
            .map_err(UpstreamError::NoAnswer)
    }
}

/// The areas of other services that have exposed RPCs.
fn areas(rules: &Rules) -> impl Iterator<Item = &str> {
    let exposed = rules.iter().filter(|rule| !rule.is_internal());
    exposed
        .map(|rule| rule.area.as_str())
        .filter(|area| *area != NAME)
}

//! Whether the gateway can do its work: it has none of its own, only the services'.
//!
//! Every decision about an organization needs the organization service: without it the gateway is not ready. Every other
//! service must have been reached once; later, one that is away is named in `/readyz` and takes no replica out of service,
//! because the rest still works. A gateway whose clock is not that of most services is not ready: they would refuse its calls.
//!
//! Where each replica of a service has a URL of its own, it is asked itself, and left out while it is not ready.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use muster_clock::Clock;
use muster_server::check::peer_clock;
use muster_server::settings::PeerUrls;
use muster_server::{Health, channel};
use muster_tls::Trust;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::clocks::{ServiceClock, is_ours_off};
use super::connection::Target;
use super::service::Service;

/// The service that decisions need.
const NEEDED: &str = "organization";

/// Between two looks. Whoever stops says so for longer (`MUSTER_DRAIN_DELAY`) before it takes no more calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(1);
/// One bad look is no outage: a service that is busy gets no better when nobody may call it.
const BAD_LOOKS: u32 = 3;

/// This machine's clock, in `/readyz`.
const CLOCK: &str = "clock";
const CLOCK_IS_OFF: &str = "is not that of most services, which refuse the tokens of this gateway: no calls are taken; keep the clocks of all \
                            machines in step (chrony, or what the cloud offers)";

/// What a service says of its health, or why not.
type Answer = Result<Response<HealthCheckResponse>, Status>;

/// A service that is looked at, at each of its URLs.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    area: String,
    service: Arc<Service>,
    probes: Vec<Probe>,
}

/// What asks at one URL, and how it looked there lately.
#[derive(Clone, Debug)]
struct Probe {
    /// The service, with the URL where it has several.
    name: String,
    target: Arc<Target>,
    channel: Channel,
    reached: bool,
    bad: u32,
    clock: ServiceClock,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Ready,
    NotReady,
    /// Something else: whoever refuses is there.
    Refused,
    /// Nobody could be reached.
    Away,
    /// Nothing in time.
    Late,
}

/// Looks at the services every second until `shutdown`. `clock` is this machine's.
pub(crate) async fn watch(
    mut services: Vec<Watched>,
    clock: Clock,
    health: Health,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        join_all(services.iter_mut().map(|service| service.look(&clock))).await;
        let away: BTreeSet<_> = services.iter().filter_map(Watched::away).collect();
        let is_off = tell_clocks(&services, &health);
        let ready = services.iter().all(Watched::was_reached) && !away.contains(NEEDED) && !is_off;
        health.set_away(away.into_iter().map(str::to_owned).collect());
        health.set_ready(ready).await;
        shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await;
    }
}

/// Tells what the clocks are; whether this machine's is off. What is away is not asked what its clock was.
fn tell_clocks(services: &[Watched], health: &Health) -> bool {
    let probes = || services.iter().flat_map(|service| &service.probes);
    for said in probes().filter_map(|probe| probe.clock.said()) {
        health.set_problem(said.what(), said.problem());
    }
    let there = probes().filter(|probe| !probe.is_away());
    let is_off = is_ours_off(there.map(|probe| &probe.clock));
    health.set_problem(CLOCK, is_off.then(|| CLOCK_IS_OFF.to_owned()));
    is_off
}

impl Watched {
    /// The service of this area, at these URLs, which nobody has looked at yet.
    pub(super) fn new(area: &str, service: &Arc<Service>, urls: &PeerUrls, trust: &Arc<Trust>) -> Self {
        let probes = service.targets().iter().zip(urls.named(area));
        let probes = probes.map(|(target, (name, url))| Probe {
            name,
            target: Arc::clone(target),
            channel: channel(&url.clone().into(), trust),
            reached: false,
            bad: BAD_LOOKS,
            clock: ServiceClock::default(),
        });
        Self {
            area: area.to_owned(),
            service: Arc::clone(service),
            probes: probes.collect(),
        }
    }

    async fn look(&mut self, clock: &Clock) {
        let is_needed = self.area == NEEDED;
        let looking = self.probes.iter_mut().map(|probe| probe.look(clock, is_needed));
        let looks = join_all(looking).await;
        for (probe, look) in self.probes.iter().zip(looks) {
            match look {
                Look::Ready | Look::Refused => self.service.leave_out(&probe.target, false),
                Look::NotReady | Look::Away => self.service.leave_out(&probe.target, true),
                // Who is busy gets no better when others have to do its work.
                Look::Late => {}
            }
        }
    }

    /// Whether it was ever there, at any of its URLs.
    fn was_reached(&self) -> bool {
        self.probes.iter().any(|probe| probe.reached)
    }

    /// Its name, if it is there at none of its URLs.
    fn away(&self) -> Option<&str> {
        self.probes.iter().all(Probe::is_away).then_some(&self.area)
    }
}

impl Probe {
    async fn look(&mut self, clock: &Clock, is_needed: bool) -> Look {
        let before = clock.now();
        let answer = asked(self.channel.clone()).await;
        let ours = before..=clock.now();
        let told = answer.as_ref().map(metadata);
        if let Some(found) = told.and_then(|told| peer_clock(&self.name, told, &ours)) {
            self.clock.found(found);
        }
        let look = Look::of(answer.as_ref());
        if look.is_good(is_needed) {
            (self.reached, self.bad) = (true, 0);
        } else {
            self.bad = self.bad.saturating_add(1);
        }
        look
    }

    fn is_away(&self) -> bool {
        self.bad >= BAD_LOOKS
    }
}

/// What the service answers; `None`: nothing in time.
async fn asked(channel: Channel) -> Option<Answer> {
    let request = HealthCheckRequest {
        service: "readiness".to_owned(),
    };
    timeout(ANSWER, HealthClient::new(channel).check(request))
        .await
        .ok()
}

/// What came with the answer, a refusal's too.
fn metadata(answer: &Answer) -> &MetadataMap {
    match answer {
        Ok(answer) => answer.metadata(),
        Err(status) => status.metadata(),
    }
}

impl Look {
    fn of(answer: Option<&Answer>) -> Self {
        match answer {
            Some(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => Self::Ready,
            Some(Ok(_)) => Self::NotReady,
            Some(Err(status)) if status.code() == Code::Unavailable => Self::Away,
            Some(Err(_)) => Self::Refused,
            None => Self::Late,
        }
    }

    /// Whether somebody answers there; who is needed must say that it is ready, too.
    fn is_good(self, is_needed: bool) -> bool {
        match self {
            Self::Ready => true,
            Self::NotReady | Self::Refused => !is_needed,
            Self::Away | Self::Late => false,
        }
    }
}

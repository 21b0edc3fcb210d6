//! Whether the gateway can do its work: it has none of its own, only the services'.
//!
//! Every decision about an organization needs the organization service: without it the gateway is not ready. Every other
//! service must have been reached once; later, one that is away is named in `/readyz` and takes no replica out of service,
//! because the rest still works. A gateway whose clock is not that of most services is not ready: they would refuse its calls.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_clock::Clock;
use muster_server::Health;
use muster_server::check::peer_clock;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::clocks::{ServiceClock, is_ours_off};

/// The service that decisions need.
const NEEDED: &str = "organization";

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

/// A service, and how it looked lately.
struct Service {
    name: String,
    channel: Channel,
    reached: bool,
    bad: u32,
    clock: ServiceClock,
}

/// Looks at the services every second until `shutdown`. `clock` is this machine's.
pub(crate) async fn watch(
    channels: Vec<(String, Channel)>,
    clock: Clock,
    health: Health,
    shutdown: CancellationToken,
) {
    let mut services: Vec<_> = channels
        .into_iter()
        .map(|(name, channel)| Service::new(name, channel))
        .collect();
    while !shutdown.is_cancelled() {
        futures::future::join_all(services.iter_mut().map(|service| service.look(&clock))).await;
        let away: BTreeSet<_> = services.iter().filter_map(Service::away).collect();
        let is_off = tell_clocks(&services, &health);
        let ready = services.iter().all(|service| service.reached) && !away.contains(NEEDED) && !is_off;
        health.set_away(away.into_iter().map(str::to_owned).collect());
        health.set_ready(ready).await;
        shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await;
    }
}

/// Tells what the clocks are; whether this machine's is off. What is away is not asked what its clock was.
fn tell_clocks(services: &[Service], health: &Health) -> bool {
    for said in services.iter().filter_map(|service| service.clock.said()) {
        health.set_problem(said.what(), said.problem());
    }
    let there = services.iter().filter(|service| service.away().is_none());
    let is_off = is_ours_off(there.map(|service| &service.clock));
    health.set_problem(CLOCK, is_off.then(|| CLOCK_IS_OFF.to_owned()));
    is_off
}

impl Service {
    fn new(name: String, channel: Channel) -> Self {
        Self {
            name,
            channel,
            reached: false,
            bad: BAD_LOOKS,
            clock: ServiceClock::default(),
        }
    }

    async fn look(&mut self, clock: &Clock) {
        let before = clock.now();
        let answer = asked(self.channel.clone()).await;
        let ours = before..=clock.now();
        let told = answer.as_ref().map(metadata);
        if let Some(found) = told.and_then(|told| peer_clock(&self.name, told, &ours)) {
            self.clock.found(found);
        }
        if is_there(answer.as_ref(), self.name == NEEDED) {
            (self.reached, self.bad) = (true, 0);
        } else {
            self.bad = self.bad.saturating_add(1);
        }
    }

    fn away(&self) -> Option<&str> {
        (self.bad >= BAD_LOOKS).then_some(&self.name)
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

/// Whether somebody answers there; who is needed must say that it is ready, too.
fn is_there(answer: Option<&Answer>, ready: bool) -> bool {
    match answer {
        Some(Ok(answer)) => !ready || answer.get_ref().status() == ServingStatus::Serving,
        // Whoever refuses is there.
        Some(Err(status)) => !ready && status.code() != Code::Unavailable,
        None => false,
    }
}

//! Whether the gateway can do its work: it has none of its own, only the services'.
//!
//! Every decision about an organization needs the organization service: without it the gateway is not ready. Every other
//! service must have been reached once; later, one that is away is named in `/readyz` and takes no replica out of service,
//! because the rest still works.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_server::Health;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The service that decisions need.
const NEEDED: &str = "organization";

const LOOK_EVERY: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(1);
/// One bad look is no outage: a service that is busy gets no better when nobody may call it.
const BAD_LOOKS: u32 = 3;

/// A service, and how it looked lately.
struct Service {
    name: String,
    channel: Channel,
    reached: bool,
    bad: u32,
}

/// Looks at the services every second until `shutdown`.
pub(crate) async fn watch(channels: Vec<(String, Channel)>, health: Health, shutdown: CancellationToken) {
    let mut services: Vec<_> = channels
        .into_iter()
        .map(|(name, channel)| Service::new(name, channel))
        .collect();
    while !shutdown.is_cancelled() {
        futures::future::join_all(services.iter_mut().map(Service::look)).await;
        let away: BTreeSet<_> = services.iter().filter_map(Service::away).collect();
        let ready = services.iter().all(|service| service.reached) && !away.contains(NEEDED);
        health.set_away(away.into_iter().map(str::to_owned).collect());
        health.set_ready(ready).await;
        shutdown.run_until_cancelled(sleep(LOOK_EVERY)).await;
    }
}

impl Service {
    fn new(name: String, channel: Channel) -> Self {
        Self {
            name,
            channel,
            reached: false,
            bad: BAD_LOOKS,
        }
    }

    async fn look(&mut self) {
        if answers(self.channel.clone(), self.name == NEEDED).await {
            (self.reached, self.bad) = (true, 0);
        } else {
            self.bad = self.bad.saturating_add(1);
        }
    }

    fn away(&self) -> Option<&str> {
        (self.bad >= BAD_LOOKS).then_some(&self.name)
    }
}

/// Whether somebody answers there; who is needed must say that it is ready, too.
async fn answers(channel: Channel, ready: bool) -> bool {
    let request = HealthCheckRequest {
        service: "readiness".to_owned(),
    };
    match timeout(ANSWER, HealthClient::new(channel).check(request)).await {
        Ok(Ok(answer)) => !ready || answer.into_inner().status() == ServingStatus::Serving,
        // Whoever refuses is there.
        Ok(Err(status)) => !ready && status.code() != Code::Unavailable,
        Err(_) => false,
    }
}

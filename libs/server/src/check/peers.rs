//! The other services.

use std::error::Error as _;
use std::sync::Arc;

use muster_clock::Clock;
use muster_tls::Trust;
use tokio::time::timeout;
use tonic::Status;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::LIMIT;
use super::clocks::peer_clock;
use super::finding::Verdict::{self, Fine, Odd, Wrong};
use super::finding::{Finding, chain};
use crate::channel;
use crate::settings::{PeerUrl, PeerUrls, TransportSettings};

/// The other services, each replica that is told: whether they may be called as they are to be, whether they answer, and whether
/// their clocks are as `clock`, which is this machine's.
pub async fn peers(
    settings: &TransportSettings,
    peers: impl IntoIterator<Item = (&'static str, &PeerUrls)>,
    clock: &Clock,
) -> Vec<Finding> {
    let mend = "--services-ca (MUSTER_SERVICES_CA) names a PEM file with the authorities of the services' certificates";
    let trust = match Trust::open(settings.services_ca.as_deref()) {
        Ok(trust) => Arc::new(trust),
        Err(problem) => {
            let verdict = Wrong(problem.to_string(), mend.to_owned());
            return vec![Finding::new("authorities of services", verdict)];
        }
    };
    let mut findings = Vec::new();
    for (service, urls) in peers {
        if let Some(readable) = settings.calling([(service, urls)]).first() {
            let mend = "plain text is for one machine, or for a mesh that encrypts".to_owned();
            let what = format!("way to {service}");
            findings.push(Finding::new(what, Wrong(readable.to_string(), mend)));
            continue;
        }
        for (name, url) in urls.named(service) {
            findings.extend(peer(service, &name, url, &trust, clock).await);
        }
    }
    findings
}

/// Another service, or a replica of it, by its name, asked for its health. It may not be there yet: services start in any order.
async fn peer(
    service: &'static str,
    name: &str,
    url: &PeerUrl,
    trust: &Arc<Trust>,
    clock: &Clock,
) -> Vec<Finding> {
    let before = clock.now();
    let asked = async {
        HealthClient::new(channel(&url.clone().into(), trust))
            .check(HealthCheckRequest::default())
            .await
    };
    let answered = timeout(LIMIT, asked).await;
    let ours = before..=clock.now();
    let clock = answered
        .iter()
        .flatten()
        .find_map(|answer| peer_clock(name, answer.metadata(), &ours));
    let verdict = match answered {
        Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => {
            Fine(format!("answers at {}", url.uri()))
        }
        Ok(Ok(_)) => Odd(
            format!("is not ready at {}", url.uri()),
            format!("`muster-{service} check` says why"),
        ),
        Ok(Err(status)) => absent(service, url, &why(&status)),
        Err(_) => absent(service, url, "not within 5 seconds"),
    };
    let answers = Finding::new(format!("{service} service"), verdict);
    [answers].into_iter().chain(clock).collect()
}

/// A handshake that failed says so in the cause.
fn why(status: &Status) -> String {
    status.source().map_or_else(|| status.message().to_owned(), chain)
}

fn absent(service: &str, url: &PeerUrl, why: &str) -> Verdict {
    Odd(
        format!("does not answer at {}: {why}", url.uri()),
        format!(
            "it may still come; otherwise look at the URL, and whether the network lets {service} be reached"
        ),
    )
}

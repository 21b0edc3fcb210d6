//! The other services.

use std::error::Error as _;
use std::sync::Arc;

use muster_tls::Trust;
use tokio::time::timeout;
use tonic::Status;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::LIMIT;
use super::finding::Verdict::{self, Fine, Odd, Wrong};
use super::finding::{Finding, chain};
use crate::channel;
use crate::settings::{PeerUrl, TransportSettings};

/// The other services: whether they may be called as they are to be, and whether they answer.
pub async fn peers(
    settings: &TransportSettings,
    peers: impl IntoIterator<Item = (&'static str, &PeerUrl)>,
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
    for (service, url) in peers {
        if let Some(readable) = settings.calling([(service, url)]).first() {
            let mend = "plain text is for one machine, or for a mesh that encrypts".to_owned();
            let what = format!("way to {service}");
            findings.push(Finding::new(what, Wrong(readable.to_string(), mend)));
        } else {
            findings.push(peer(service, url, &trust).await);
        }
    }
    findings
}

/// Another service, asked for its health. It may not be there yet: services start in any order.
async fn peer(service: &'static str, url: &PeerUrl, trust: &Arc<Trust>) -> Finding {
    let asked = async {
        HealthClient::new(channel(url, trust))
            .check(HealthCheckRequest::default())
            .await
    };
    let verdict = match timeout(LIMIT, asked).await {
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
    Finding::new(format!("{service} service"), verdict)
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

//! The other services.

use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;

use muster_clock::Clock;
use muster_tls::{Files, TlsProblem, Trust};
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
use crate::settings::{PeerUrl, PeerUrls, TransportProblem, TransportSettings};

const SHOWN: &str = "certificate for services";
const SHOW: &str = "--services-certificate and --services-key (MUSTER_SERVICES_CERTIFICATE, MUSTER_SERVICES_KEY), or else --tls-certificate \
                    and --tls-key of a service, name the files of a certificate for clients (clientAuth), signed by an authority of \
                    --tls-client-ca (MUSTER_TLS_CLIENT_CA) of the services that are called";
/// How `rustls` tells that the other side ended a handshake, and why (RFC 8446, section 6.2).
const ALERT: &str = "received fatal alert";

/// The other services, each replica that is told: whether they may be called as they are to be, whether they answer, and whether
/// their clocks are as `clock`, which is this machine's. `served` is the certificate that callers are shown here, if it is for services,
/// too.
pub async fn peers(
    settings: &TransportSettings,
    served: Option<Files>,
    peers: impl IntoIterator<Item = (&'static str, &PeerUrls)>,
    clock: &Clock,
) -> Vec<Finding> {
    let asked = served.as_ref().and_then(Files::callers).map(Path::to_owned);
    let trust = match settings.trust(served) {
        Ok(trust) => Arc::new(trust),
        Err(problems) => return problems.iter().map(problem_of).collect(),
    };
    let is_told = settings.services_certificate.is_some() || asked.is_some();
    let shown = is_told.then(|| shown(&trust, asked.as_deref(), clock));
    let mut findings: Vec<_> = shown.into_iter().flatten().collect();
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

fn problem_of(problem: &TransportProblem) -> Finding {
    let (what, mend) = match problem {
        TransportProblem::Authorities(_) => (
            "authorities of services",
            "--services-ca (MUSTER_SERVICES_CA) names a PEM file with the authorities of the services' certificates",
        ),
        TransportProblem::Own(_) => (SHOWN, SHOW),
    };
    Finding::new(what, Wrong(problem.to_string(), mend.to_owned()))
}

/// What is shown to services that ask for a certificate, if anything is. That they ask by the authorities of this one is a guess.
fn shown(trust: &Trust, asked: Option<&Path>, clock: &Clock) -> Option<Finding> {
    let verdict = match trust.shows(asked, clock.now()) {
        Ok(shown) => {
            let (file, until) = shown?;
            Fine(format!("{file} is for clients, and valid until {until}"))
        }
        Err(problem @ TlsProblem::Strange { .. }) => Odd(
            format!("{problem}; so do other services, if they ask as this one does (--tls-client-ca)"),
            SHOW.to_owned(),
        ),
        Err(problem) => Wrong(problem.to_string(), SHOW.to_owned()),
    };
    Some(Finding::new(SHOWN, verdict))
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
        Ok(Err(status)) => match why(&status) {
            why if why.contains(ALERT) => Odd(
                format!("ends the handshake at {}: {why}", url.uri()),
                format!("if it asks for certificates (its --tls-client-ca): {SHOW}"),
            ),
            why => absent(service, url, &why),
        },
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

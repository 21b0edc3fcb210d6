//! `check`: whether a gateway could serve where this one runs, and how to mend what keeps it from that.

use std::time::Duration;

use muster_clock::Clock;
use muster_identity::oidc::PersonVerifier;
use muster_server::check::{Finding, peers, report, workload_tokens};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::open;
use crate::name::NAME;
use crate::settings::Settings;

/// How long an issuer may take to tell of itself.
const LIMIT: Duration = Duration::from_secs(10);

/// Looks at everything, and prints what was found.
///
/// # Errors
/// The settings, the keys or the policies cannot be used (all that is wrong with them), or something else is wrong.
pub async fn check(settings: &Settings) -> anyhow::Result<()> {
    report(&findings(settings).await?)
}

/// Looks at everything.
///
/// # Errors
/// The settings, the keys or the policies cannot be used: all that is wrong with them.
pub async fn findings(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let opened = open(settings, Clock::system(), CancellationToken::new())?;
    let mut findings = vec![Finding::fine("settings, keys and policies", "can be used")];
    let clock = Clock::system();
    findings.extend(workload_tokens(NAME, &settings.workload, &clock));
    findings.extend(issuers(&opened.parts.persons).await);
    findings.extend(peers(&settings.transport, None, settings.peers.by_area(), &clock).await);
    Ok(findings)
}

/// An issuer that is away hurts only those who come from there.
async fn issuers(persons: &PersonVerifier) -> Vec<Finding> {
    let urls = persons.look().into_iter().map(|issuer| issuer.url);
    for url in urls {
        // What is known afterwards is told below.
        let _ = timeout(LIMIT, persons.provider(&url)).await;
    }
    let looked = persons.look().into_iter();
    looked
        .map(|issuer| {
            let what = format!("issuer {}", issuer.url);
            match issuer.problem {
                None => Finding::fine(what, "tells its keys and where to sign in"),
                Some(problem) => Finding::odd(
                    what,
                    problem,
                    "nobody can sign in there until that is mended, and its tokens are refused",
                ),
            }
        })
        .collect()
}

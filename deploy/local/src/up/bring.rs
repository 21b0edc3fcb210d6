//! The steps from nothing to six ready services, each shown with the time it took.

mod databases;
mod parts;

use std::time::{Duration, Instant};

use muster_clock::Clock;
use tokio::task::JoinSet;

use super::suite::Suite;
use crate::addresses::Addresses;
use crate::cli::UpOptions;
use crate::keys::Keys;
use crate::place::Place;
use crate::say::{done, say};
use crate::settings::write_issuers;
use crate::suite::SERVICES;
use crate::supervise::Kept;
use crate::token;

/// RabbitMQ may take a minute on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Engines, tools, databases, services.
pub(super) async fn up(place: &Place, options: UpOptions, suite: &mut Suite) -> anyhow::Result<()> {
    let addresses = Addresses::choose(place)?;
    require_free(place, &addresses)?;
    let keys = Keys::prepare(place)?;
    token::write_workload_tokens(place, &keys, &Clock::system())?;
    write_issuers(place, &addresses)?;

    say!("Starting Muster in {}", place.state.display());
    Suite::keep(&mut suite.engines, parts::engines(place, &addresses));
    Suite::keep(&mut suite.tools, parts::tools(place, &addresses, options)?);
    ready(suite.engines.iter().chain(&suite.tools)).await?;
    let begun = Instant::now();
    let settings = databases::make(place, &addresses, options.trace_ratio).await?;
    done("databases", begun.elapsed());
    if options.no_services {
        return Ok(());
    }
    let services = parts::services(place, &addresses, options, &settings)?;
    let begun = Instant::now();
    databases::migrate(&services).await?;
    done("migrations", begun.elapsed());
    Suite::keep(&mut suite.services, services);
    ready(suite.services.iter()).await
}

/// Shows each as it becomes ready; the first that cannot ends the waiting.
async fn ready(parts: impl Iterator<Item = &Kept>) -> anyhow::Result<()> {
    let mut waiting: JoinSet<_> = parts.map(|kept| kept.ready(PATIENCE)).collect();
    while let Some(ready) = waiting.join_next().await {
        let (name, took) = ready??;
        done(&name, took);
    }
    Ok(())
}

/// Says which stranger holds which port before anything is started.
fn require_free(place: &Place, addresses: &Addresses) -> anyhow::Result<()> {
    let mut names = Vec::from([
        ("postgres", "postgres"),
        ("issuer", "issuer"),
        ("inbox", "inbox"),
        ("inbox", "smtp"),
        ("traces", "traces"),
        ("traces", "otlp"),
    ]);
    let admin: Vec<String> = SERVICES
        .iter()
        .map(|service| format!("{service}-admin"))
        .collect();
    names.extend(SERVICES.iter().map(|service| (*service, *service)));
    names.extend(
        SERVICES
            .iter()
            .zip(&admin)
            .map(|(service, admin)| (*service, admin.as_str())),
    );
    addresses.require_free(place, &names)
}

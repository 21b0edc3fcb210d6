//! The steps from nothing to six ready services, each shown with the time it took.

mod databases;
mod parts;

use std::time::{Duration, Instant};

use muster_clock::Clock;
use tokio::task::JoinSet;

use super::suite::Suite;
use crate::addresses::Addresses;
use crate::keys::Keys;
use crate::outln;
use crate::output::done;
use crate::settings::write_issuers;
use crate::suite::SERVICES;
use crate::supervise::Supervised;
use crate::token;
use crate::up::options::Options;
use crate::workspace::Workspace;

/// RabbitMQ may take minutes on a busy machine.
const READY_TIMEOUT: Duration = Duration::from_secs(240);

/// Engines, tools, databases, services.
pub(super) async fn up(workspace: &Workspace, options: Options, suite: &mut Suite) -> anyhow::Result<()> {
    let addresses = Addresses::choose(workspace)?;
    require_free(workspace, &addresses)?;
    let keys = Keys::prepare(workspace)?;
    token::write_workload_tokens(workspace, &keys, &Clock::system())?;
    write_issuers(workspace, &addresses)?;

    outln!("Starting Muster in {}", workspace.state.display());
    Suite::start(&mut suite.engines, parts::engines(workspace, &addresses));
    Suite::start(&mut suite.tools, parts::tools(workspace, &addresses, options)?);
    ready(suite.engines.iter().chain(&suite.tools)).await?;
    let begun = Instant::now();
    let settings = databases::make(workspace, &addresses, options).await?;
    done("databases", begun.elapsed());
    if options.no_services {
        return Ok(());
    }
    let services = parts::services(workspace, &addresses, options, &settings)?;
    let begun = Instant::now();
    databases::migrate(&services).await?;
    done("migrations", begun.elapsed());
    Suite::start(&mut suite.services, services);
    if options.replicas > 1 {
        // The gateway is ready when it reaches the others, which it does through it, unless it calls them directly.
        let balancer = parts::balancer(workspace, &addresses, options)?;
        Suite::start(&mut suite.balancer, vec![balancer]);
    }
    ready(suite.services.iter().chain(&suite.balancer)).await
}

/// Shows each as it becomes ready; the first that cannot ends the waiting.
async fn ready(parts: impl Iterator<Item = &Supervised>) -> anyhow::Result<()> {
    let mut waiting: JoinSet<_> = parts.map(|kept| kept.ready(READY_TIMEOUT)).collect();
    while let Some(ready) = waiting.join_next().await {
        let (name, took) = ready??;
        done(&name, took);
    }
    Ok(())
}

/// Says which stranger holds which port before anything is started.
fn require_free(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<()> {
    let mut names = Vec::from([
        ("postgres", "postgres"),
        ("issuer", "issuer"),
        ("inbox", "inbox"),
        ("inbox", "smtp"),
        ("traces", "traces"),
        ("traces", "otlp"),
        ("notification", "bounces"),
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
    addresses.require_free(workspace, &names)
}

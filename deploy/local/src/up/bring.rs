//! The steps from nothing to six ready services, each shown with the time it took.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use muster_clock::Clock;
use muster_engines::packages::Package;
use muster_engines::{Durability, Postgres, RabbitMq, tail};
use tokio::process::Command;
use tokio::task::{JoinSet, spawn_blocking};

use super::suite::Suite;
use crate::addresses::Addresses;
use crate::cli::UpOptions;
use crate::keys::Keys;
use crate::place::Place;
use crate::say::say;
use crate::settings::{EngineUrls, environment, write_issuers};
use crate::suite::{OWNERS, SERVICES, TOOLS};
use crate::supervise::{Kept, Kind, Part};
use crate::{build, install, token};

/// RabbitMQ may take a minute on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Engines, tools, databases, services.
pub(super) async fn up(place: &Place, options: UpOptions, suite: &mut Suite) -> anyhow::Result<()> {
    install::require(&Package::ENGINES).await?;
    let addresses = Addresses::choose(place)?;
    require_free(place, &addresses)?;
    let keys = Keys::prepare(place)?;
    token::write_workload_tokens(place, &keys, &Clock::system())?;
    write_issuers(place, &addresses)?;

    say!("Starting Muster in {}", place.state.display());
    let begun = Instant::now();
    Suite::keep(&mut suite.engines, engines(place, &addresses));
    Suite::keep(&mut suite.tools, tools(place, &addresses, options)?);
    if !options.no_services && !options.no_build {
        let building = Instant::now();
        build::programs(place, options.release).await?;
        done("build", building);
    }
    ready(suite.engines.iter().chain(&suite.tools), begun).await?;
    let settings = databases(place, &addresses, options.trace_ratio).await?;
    done("databases", begun);
    if options.no_services {
        return Ok(());
    }
    let services = services(place, &addresses, options, &settings)?;
    let migrating = Instant::now();
    migrate(&services).await?;
    done("migrations", migrating);
    let begun = Instant::now();
    Suite::keep(&mut suite.services, services);
    ready(suite.services.iter(), begun).await
}

/// Shows each as it becomes ready; the first that cannot ends the waiting.
async fn ready(parts: impl Iterator<Item = &Kept>, begun: Instant) -> anyhow::Result<()> {
    let mut waiting: JoinSet<_> = parts.map(|kept| kept.ready(PATIENCE)).collect();
    while let Some(ready) = waiting.join_next().await {
        done(&ready??, begun);
    }
    Ok(())
}

fn done(what: &str, begun: Instant) {
    say!("  ✓ {what:14} {:5.1} s", begun.elapsed().as_secs_f64());
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

fn engines(place: &Place, addresses: &Addresses) -> Vec<Part> {
    let ports = addresses.engines;
    let postgres = Kind::Postgres {
        directory: place.at("postgres"),
        port: ports.postgres,
    };
    let rabbitmq = Kind::RabbitMq {
        directory: place.at("rabbitmq"),
        ports: ports.rabbitmq(),
    };
    vec![
        part(place, "postgres", postgres, None),
        part(place, "rabbitmq", rabbitmq, None),
    ]
}

fn tools(place: &Place, addresses: &Addresses, options: UpOptions) -> anyhow::Result<Vec<Part>> {
    let program = Place::own_program()?;
    let state = place.state.display().to_string();
    let urls = [&addresses.issuer, &addresses.inbox, &addresses.traces];
    let wanted = TOOLS
        .iter()
        .zip(urls)
        .filter(|(name, _)| !(options.no_inbox && **name == "inbox"));
    let parts = wanted.map(|(name, url)| {
        let arguments = ["--dir", &state, "tool", name].map(ToOwned::to_owned).to_vec();
        let kind = Kind::Program {
            program: program.clone(),
            arguments,
            environment: Vec::new(),
        };
        part(place, name, kind, Some(format!("{url}/livez")))
    });
    Ok(parts.collect())
}

/// Makes the databases; the settings of the services follow from where they are.
async fn databases(
    place: &Place,
    addresses: &Addresses,
    trace_ratio: f64,
) -> anyhow::Result<Vec<(&'static str, Vec<(String, String)>)>> {
    let (place, addresses) = (place.clone(), addresses.clone());
    spawn_blocking(move || {
        let ports = addresses.engines;
        let log = place.log("postgres");
        let postgres = Postgres::start(&place.at("postgres"), &log, ports.postgres, Durability::Durable)?;
        let rabbitmq = RabbitMq::start(&place.at("rabbitmq"), &place.log("rabbitmq"), ports.rabbitmq())?;
        let mut settings = Vec::new();
        for service in SERVICES {
            let keeps_data = OWNERS.contains(&service);
            let database = keeps_data.then(|| postgres.create_service(service)).transpose()?;
            let engines = EngineUrls {
                database,
                amqp: rabbitmq.url(),
            };
            settings.push((
                service,
                environment(&place, &addresses, service, &engines, trace_ratio)?,
            ));
        }
        Ok(settings)
    })
    .await?
}

fn services(
    place: &Place,
    addresses: &Addresses,
    options: UpOptions,
    settings: &[(&'static str, Vec<(String, String)>)],
) -> anyhow::Result<Vec<Part>> {
    let binaries = Place::binaries(options.release)?;
    let mut parts = Vec::new();
    for (service, environment) in settings {
        let program = binaries.join(format!("muster-{service}"));
        if !program.exists() {
            bail!(
                "the service {service} was not built: {} is missing",
                program.display()
            );
        }
        let health = format!("{}/readyz", addresses.service(service)?.admin);
        let arguments = vec!["serve".to_owned()];
        let kind = Kind::Program {
            program,
            arguments,
            environment: environment.clone(),
        };
        parts.push(part(place, service, kind, Some(health)));
    }
    Ok(parts)
}

fn part(place: &Place, name: &str, kind: Kind, health: Option<String>) -> Part {
    Part {
        name: name.to_owned(),
        kind,
        health,
        log: place.log(name),
        pid_file: place.pid_file(name),
    }
}

/// Runs `migrate` of every service that keeps data, all at the same time.
async fn migrate(services: &[Part]) -> anyhow::Result<()> {
    let mut running = JoinSet::new();
    for part in services
        .iter()
        .filter(|part| OWNERS.contains(&part.name.as_str()))
    {
        let Kind::Program {
            program, environment, ..
        } = &part.kind
        else {
            continue;
        };
        let log = std::fs::File::options().create(true).append(true).open(&part.log);
        let log = log.with_context(|| format!("cannot open {}", part.log.display()))?;
        let mut command = Command::new(program);
        command
            .arg("migrate")
            .envs(environment.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let (name, log) = (part.name.clone(), part.log.clone());
        running.spawn(async move {
            let status = command
                .status()
                .await
                .with_context(|| format!("{name} cannot be run"))?;
            if !status.success() {
                bail!(
                    "{name} could not migrate its database ({status}); the end of {}:\n{}",
                    log.display(),
                    tail(&log, 12)
                );
            }
            Ok(())
        });
    }
    while let Some(migrated) = running.join_next().await {
        migrated??;
    }
    Ok(())
}

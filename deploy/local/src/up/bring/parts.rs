//! The parts of the suite: which programs, with which settings, and where they say that they are ready.

use anyhow::{Context, bail};
use muster_engines::packages::Package;
use muster_engines::write_private;

use super::databases::Settings;
use crate::addresses::{Addresses, ServiceAddresses, socket};
use crate::replicas::{self, BALANCER, DRAIN_DELAY};
use crate::suite::TOOLS;
use crate::supervise::{Kind, Part};
use crate::up::options::Options;
use crate::workspace::Workspace;

/// The private engines.
pub(super) fn engines(workspace: &Workspace, addresses: &Addresses) -> Vec<Part> {
    let ports = addresses.engines;
    let postgres = Kind::Postgres {
        directory: workspace.at("postgres"),
        port: ports.postgres,
    };
    let rabbitmq = Kind::RabbitMq {
        directory: workspace.at("rabbitmq"),
        ports: ports.rabbitmq(),
    };
    vec![
        part(workspace, "postgres", postgres, None),
        part(workspace, "rabbitmq", rabbitmq, None),
    ]
}

/// The small servers of this binary.
pub(super) fn tools(
    workspace: &Workspace,
    addresses: &Addresses,
    options: Options,
) -> anyhow::Result<Vec<Part>> {
    let program = Workspace::own_program()?;
    let state = workspace.state.display().to_string();
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
        part(workspace, name, kind, Some(format!("{url}/livez")))
    });
    Ok(parts.collect())
}

/// The services, as they were built last: so many replicas of each, the first ones first.
pub(super) fn services(
    workspace: &Workspace,
    addresses: &Addresses,
    options: Options,
    settings: &[Settings],
) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let all =
        (1..=options.replicas).flat_map(|number| settings.iter().map(move |settings| (number, settings)));
    for (number, (service, environment)) in all {
        let name = replicas::name(service, number);
        let program = if options.linked {
            replicas::link(workspace, &name)
        } else {
            Workspace::service(service, options.release)?
        };
        if !program.exists() {
            bail!(
                "the service {service} was not built: {} is missing",
                program.display()
            );
        }
        let at = addresses.service(service)?;
        let mut environment = environment.clone();
        let mut admin = at.admin.clone();
        if options.replicas > 1 {
            admin = replicas::address(&at.admin, number);
            environment.extend(of_replica(at, number));
            if *service == "notification" {
                let reports = replicas::address(&addresses.bounces, number);
                environment.push(("MUSTER_BOUNCE_LISTEN".to_owned(), socket(&reports).to_owned()));
            }
        }
        let kind = Kind::Program {
            program,
            arguments: vec!["serve".to_owned()],
            environment,
        };
        parts.push(part(workspace, &name, kind, Some(format!("{admin}/readyz"))));
    }
    Ok(parts)
}

/// What a replica is told besides, and instead: the last of two settings of one name counts.
fn of_replica(at: &ServiceAddresses, number: u8) -> [(String, String); 5] {
    let (grpc, admin) = (
        replicas::address(&at.grpc, number),
        replicas::address(&at.admin, number),
    );
    [
        ("MUSTER_LISTEN", socket(&grpc)),
        ("MUSTER_ADMIN_LISTEN", socket(&admin)),
        ("MUSTER_DRAIN_DELAY", DRAIN_DELAY),
        // All of them together are below what the server takes.
        ("MUSTER_DATABASE_POOL", "8"),
        ("MUSTER_TRUSTED_PROXIES", "127.0.0.1/32"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The load balancer in front of the replicas. It is ready when an operator can ask the gateway through it.
pub(super) fn balancer(
    workspace: &Workspace,
    addresses: &Addresses,
    options: Options,
) -> anyhow::Result<Part> {
    let program = Package::Haproxy.program().context("haproxy is not installed")?;
    let file = workspace.at("balancer.cfg");
    write_private(
        &file,
        replicas::haproxy(addresses, options.replicas, options.direct).as_bytes(),
    )?;
    let arguments = ["-db", "-f", &file.display().to_string()]
        .map(ToOwned::to_owned)
        .to_vec();
    let kind = Kind::Program {
        program,
        arguments,
        environment: Vec::new(),
    };
    let health = format!("{}/readyz", addresses.service("gateway")?.admin);
    Ok(part(workspace, BALANCER, kind, Some(health)))
}

fn part(workspace: &Workspace, name: &str, kind: Kind, health: Option<String>) -> Part {
    Part {
        name: name.to_owned(),
        kind,
        health,
        log: workspace.log(name),
        pid_file: workspace.pid_file(name),
        keeper: workspace.keeper_file(name),
    }
}

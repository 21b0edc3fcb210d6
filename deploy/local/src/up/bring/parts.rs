//! The parts of the suite: which programs, with which settings, and where they say that they are ready.

use anyhow::bail;

use super::databases::Settings;
use crate::addresses::Addresses;
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

/// The services, as they were built last.
pub(super) fn services(
    workspace: &Workspace,
    addresses: &Addresses,
    options: Options,
    settings: &[Settings],
) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for (service, environment) in settings {
        let program = Workspace::service(service, options.release)?;
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
        parts.push(part(workspace, service, kind, Some(health)));
    }
    Ok(parts)
}

fn part(workspace: &Workspace, name: &str, kind: Kind, health: Option<String>) -> Part {
    Part {
        name: name.to_owned(),
        kind,
        health,
        log: workspace.log(name),
        pid_file: workspace.pid_file(name),
    }
}

//! The databases of the services, and their migrations.

use std::process::Stdio;

use anyhow::{Context, bail};
use muster_engines::{Durability, Postgres, RabbitMq, tail};
use tokio::process::Command;
use tokio::task::{JoinSet, spawn_blocking};

use crate::addresses::Addresses;
use crate::settings::{EngineUrls, environment};
use crate::suite::{OWNERS, SERVICES};
use crate::supervise::{Kind, Part, only_given};
use crate::up::options::Options;
use crate::workspace::Workspace;

/// A service and the environment of its process.
pub(super) type Settings = (&'static str, Vec<(String, String)>);

/// Makes the databases; the settings of the services follow from where they are.
pub(super) async fn make(
    workspace: &Workspace,
    addresses: &Addresses,
    options: Options,
) -> anyhow::Result<Vec<Settings>> {
    let (workspace, addresses) = (workspace.clone(), addresses.clone());
    spawn_blocking(move || {
        let ports = addresses.engines;
        let log = workspace.log("postgres");
        let postgres = Postgres::start(
            &workspace.at("postgres"),
            &log,
            ports.postgres,
            Durability::Durable,
        )?;
        let rabbitmq = RabbitMq::start(
            &workspace.at("rabbitmq"),
            &workspace.log("rabbitmq"),
            ports.rabbitmq(),
        )?;
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
                environment(&workspace, &addresses, service, &engines, options)?,
            ));
        }
        Ok(settings)
    })
    .await?
}

/// Runs `migrate` of every service that keeps data, all at the same time.
pub(super) async fn migrate(services: &[Part]) -> anyhow::Result<()> {
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
        only_given(command.as_std_mut(), environment);
        command
            .arg("migrate")
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

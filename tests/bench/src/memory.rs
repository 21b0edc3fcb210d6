//! Resident memory, before and after.

use std::collections::BTreeMap;

use super::echo;
use super::figure::Figure;
use super::process::Server;
use muster_local::Addresses;
use muster_local::Workspace;
use muster_local::status;
use muster_local::suite::SERVICES;

/// Megabytes of each service, and of the echo, at one moment.
#[derive(Debug)]
pub(super) struct Memory {
    services: BTreeMap<String, f64>,
    echo: f64,
}

impl Memory {
    /// As it is now.
    pub(super) async fn now(
        workspace: &Workspace,
        addresses: &Addresses,
        echo: &Server,
    ) -> anyhow::Result<Self> {
        let parts = status::parts(workspace, addresses).await?;
        let services = parts
            .into_iter()
            .filter(|part| SERVICES.contains(&part.name.as_str()))
            .filter_map(|part| Some((part.name, part.memory_kb? as f64 / 1024.0)))
            .collect();
        Ok(Self {
            services,
            echo: echo.memory()?,
        })
    }

    /// One figure a service.
    pub(super) fn figures(&self, moment: &str) -> Vec<Figure> {
        let figure = |(name, megabytes): (&String, &f64)| {
            Figure::new(
                format!("memory.{name}.{moment}"),
                *megabytes,
                "MB",
                (echo::BARE, self.echo),
            )
        };
        self.services.iter().map(figure).collect()
    }
}

//! Every address of the suite, on loopback, the same from run to run.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, bail};
use muster_engines::{Ports, RabbitMqPorts, write_private};
use serde::{Deserialize, Serialize};

use crate::suite::SERVICES;
use crate::workspace::Workspace;

/// Where everything listens. `addresses.json` in `.dev` holds the same, for tests and scripts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addresses {
    /// Pages and public RPCs.
    pub gateway: String,
    /// The origin of a page that is developed against the suite: its scripts may call. Nothing of ours listens there.
    #[serde(default)]
    pub app: String,
    /// The OIDC issuer.
    pub issuer: String,
    /// The inbox's page.
    pub inbox: String,
    /// Where mail is sent, `host:port`.
    pub smtp: String,
    /// Where reports of mail that came back are handed in, `host:port`.
    #[serde(default)]
    pub bounces: String,
    /// The trace page.
    pub traces: String,
    /// Where spans are sent (OTLP over gRPC).
    pub otlp: String,
    /// Each service by name.
    pub services: BTreeMap<String, ServiceAddresses>,
    /// Ports of the engines.
    pub engines: EnginePorts,
}

/// The two listeners of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceAddresses {
    /// gRPC, `http://host:port`.
    pub grpc: String,
    /// Health and metrics, `http://host:port`.
    pub admin: String,
}

/// Ports of the private engines.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct EnginePorts {
    /// PostgreSQL.
    pub postgres: u16,
    /// RabbitMQ, AMQP.
    pub amqp: u16,
    /// RabbitMQ, distribution of Erlang.
    pub distribution: u16,
    /// RabbitMQ, port mapper of Erlang.
    pub mapper: u16,
}

impl EnginePorts {
    pub(crate) fn rabbitmq(self) -> RabbitMqPorts {
        RabbitMqPorts {
            amqp: self.amqp,
            distribution: self.distribution,
            mapper: self.mapper,
        }
    }
}

impl Addresses {
    /// The remembered addresses; new ones are chosen among free ports and remembered.
    pub(crate) fn choose(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut ports = Ports::open(&workspace.at("ports"));
        let rabbitmq = RabbitMqPorts::choose(&mut ports)?;
        let engines = EnginePorts {
            postgres: ports.of("postgres", None)?,
            amqp: rabbitmq.amqp,
            distribution: rabbitmq.distribution,
            mapper: rabbitmq.mapper,
        };
        let mut http = |name: &str, preferred| {
            ports
                .of(name, preferred)
                .map(|port| format!("http://127.0.0.1:{port}"))
        };
        let mut services = BTreeMap::new();
        for service in SERVICES {
            // The address that the documentation shows is for one suite; others run beside it.
            let preferred = (service == "gateway" && workspace.is_default()).then_some(8080);
            let grpc = http(service, preferred)?;
            let admin = http(&format!("{service}-admin"), None)?;
            services.insert(service.to_owned(), ServiceAddresses { grpc, admin });
        }
        let gateway = services
            .get("gateway")
            .context("there is no gateway")?
            .grpc
            .clone();
        let addresses = Self {
            gateway,
            app: http("app", None)?,
            issuer: http("issuer", None)?,
            inbox: http("inbox", None)?,
            traces: http("traces", None)?,
            otlp: http("otlp", None)?,
            smtp: format!("127.0.0.1:{}", ports.of("smtp", None)?),
            bounces: format!("127.0.0.1:{}", ports.of("bounces", None)?),
            services,
            engines,
        };
        write_private(
            &workspace.at("addresses.json"),
            &serde_json::to_vec_pretty(&addresses)?,
        )?;
        Ok(addresses)
    }

    /// The addresses of a suite that has been started.
    ///
    /// # Errors
    /// There is none yet, or the file cannot be read.
    pub fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let file = workspace.at("addresses.json");
        let Ok(text) = fs::read(&file) else {
            let (state, command) = (workspace.state.display(), workspace.command());
            bail!("there is no suite in {state} yet: `{command} up` makes one");
        };
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", file.display()))
    }

    /// Refuses when a stranger holds a port of a part that does not run, or one of the broker's.
    pub(crate) fn require_free(&self, workspace: &Workspace, names: &[(&str, &str)]) -> anyhow::Result<()> {
        let ports = Ports::open(&workspace.at("ports"));
        self.engines
            .rabbitmq()
            .require_free(&ports, &workspace.at("rabbitmq"))?;
        for (part, name) in names {
            if let Some(port) = ports.known(name)
                && workspace.pid_file(part).living().is_none()
            {
                ports.require_free(name, port)?;
            }
        }
        Ok(())
    }

    /// Where a service listens.
    ///
    /// # Errors
    /// There is no such service.
    pub fn service(&self, name: &str) -> anyhow::Result<&ServiceAddresses> {
        self.services
            .get(name)
            .with_context(|| format!("there is no service {name}"))
    }
}

/// `host:port` of an address that begins with `http://`.
#[must_use]
pub fn socket(address: &str) -> &str {
    address.trim_start_matches("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_port_is_for_the_suite_of_the_checkout_only() {
        let root = std::env::temp_dir().join(format!("muster-addresses-{}", std::process::id()));
        let edge = |state: &str| {
            let state = root.join(state);
            let addresses = Addresses::choose(&Workspace {
                root: root.clone(),
                state,
            })
            .unwrap();
            addresses.gateway
        };
        let is_free = std::net::TcpListener::bind(("127.0.0.1", 8080)).is_ok();
        assert_eq!(edge(".dev") == "http://127.0.0.1:8080", is_free);
        assert_ne!(edge(".dev/test-suite"), "http://127.0.0.1:8080");
        fs::remove_dir_all(&root).unwrap();
    }
}

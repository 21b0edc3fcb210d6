//! Every address of the suite, on loopback, the same from run to run.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, bail};
use muster_engines::{Ports, RabbitMqPorts, write_private};
use serde::{Deserialize, Serialize};

use crate::place::Place;
use crate::suite::SERVICES;

/// Where everything listens. `addresses.json` in `.dev` holds the same, for tests and scripts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// Pages and public RPCs.
    pub(crate) gateway: String,
    /// The origin of a page that is developed against the suite: its scripts may call. Nothing of ours listens there.
    #[serde(default)]
    pub(crate) app: String,
    /// The OIDC issuer.
    pub(crate) issuer: String,
    /// The inbox's page.
    pub(crate) inbox: String,
    /// Where mail is sent, `host:port`.
    pub(crate) smtp: String,
    /// The trace page.
    pub(crate) traces: String,
    /// Where spans are sent (OTLP over gRPC).
    pub(crate) otlp: String,
    /// Each service by name.
    pub(crate) services: BTreeMap<String, ServiceAddresses>,
    /// Ports of the engines.
    pub(crate) engines: EnginePorts,
}

/// The two doors of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServiceAddresses {
    /// gRPC, `http://host:port`.
    pub(crate) grpc: String,
    /// Health and metrics, `http://host:port`.
    pub(crate) admin: String,
}

/// Ports of the private engines.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct EnginePorts {
    pub(crate) postgres: u16,
    pub(crate) amqp: u16,
    pub(crate) distribution: u16,
    pub(crate) mapper: u16,
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
    pub(crate) fn choose(place: &Place) -> anyhow::Result<Self> {
        let mut ports = Ports::open(&place.at("ports"));
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
            let preferred = (service == "gateway" && place.is_default()).then_some(8080);
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
            services,
            engines,
        };
        write_private(
            &place.at("addresses.json"),
            &serde_json::to_vec_pretty(&addresses)?,
        )?;
        Ok(addresses)
    }

    /// The addresses of a suite that has been started.
    pub(crate) fn read(place: &Place) -> anyhow::Result<Self> {
        let file = place.at("addresses.json");
        let Ok(text) = fs::read(&file) else {
            let (state, command) = (place.state.display(), place.command());
            bail!("there is no suite in {state} yet: `{command} up` makes one");
        };
        serde_json::from_slice(&text).with_context(|| format!("{} cannot be read", file.display()))
    }

    /// Refuses when a stranger holds a port of a part that does not run, or one of the broker's.
    pub(crate) fn require_free(&self, place: &Place, names: &[(&str, &str)]) -> anyhow::Result<()> {
        let ports = Ports::open(&place.at("ports"));
        self.engines
            .rabbitmq()
            .require_free(&ports, &place.at("rabbitmq"))?;
        for (part, name) in names {
            if let Some(port) = ports.known(name)
                && place.pid_file(part).living().is_none()
            {
                ports.require_free(name, port)?;
            }
        }
        Ok(())
    }

    /// The doors of a service.
    pub(crate) fn service(&self, name: &str) -> anyhow::Result<&ServiceAddresses> {
        self.services
            .get(name)
            .with_context(|| format!("there is no service {name}"))
    }
}

/// `host:port` of an address that begins with `http://`.
pub(crate) fn socket(address: &str) -> &str {
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
            let addresses = Addresses::choose(&Place {
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

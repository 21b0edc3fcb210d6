//! A broker of one test's own.

use std::path::PathBuf;

use muster_engines::{Ports, RabbitMq, RabbitMqPorts};
use muster_messaging::{Broker, BrokerOptions, TopologyBy};

/// A broker that may be stopped and starved.
pub(crate) struct PrivateBroker {
    directory: PathBuf,
    server: Option<RabbitMq>,
    mapper: u16,
}

impl PrivateBroker {
    pub(crate) async fn start(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("muster-messaging-{}-{name}", std::process::id()));
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&directory).unwrap();
            let mut known = Ports::open(&directory.join("ports"));
            let ports = RabbitMqPorts::choose(&mut known).unwrap();
            let log = directory.join("rabbitmq.log");
            let server = RabbitMq::start(&directory.join("rabbitmq"), &log, ports).unwrap();
            let mapper = known.known("rabbitmq-mapper").unwrap();
            Self {
                directory,
                server: Some(server),
                mapper,
            }
        })
        .await
        .unwrap()
    }

    pub(crate) fn broker(&self) -> Broker {
        Broker::new(BrokerOptions {
            url: self.url(),
            ca: None,
            prefix: String::new(),
            service: "invitation",
            topology: TopologyBy::Service,
        })
        .unwrap()
    }

    /// Its address, with the credentials of whoever may do everything.
    pub(crate) fn url(&self) -> String {
        self.server.as_ref().unwrap().url()
    }

    /// `rabbitmqctl` with these arguments.
    pub(crate) async fn control(&self, arguments: &[&str]) {
        let done = tokio::process::Command::new("/usr/lib/rabbitmq/bin/rabbitmqctl")
            .args(["-n", "muster@localhost"])
            .args(arguments)
            .env("HOME", self.directory.join("rabbitmq/home"))
            .env("ERL_EPMD_PORT", self.mapper.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("LANG", "C.UTF-8")
            .output()
            .await
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
        }
    }

    pub(crate) fn forget(&self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

impl Drop for PrivateBroker {
    /// Also when the test has failed.
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.stop();
        }
    }
}

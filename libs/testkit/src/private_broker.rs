//! A broker of one test's own.

use std::path::PathBuf;

use muster_engines::{Ports, RabbitMq, RabbitMqPorts};
use muster_messaging::{Broker, BrokerOptions, TopologyBy};

/// A broker that may be stopped and starved, and whose users may be forbidden things.
#[derive(Debug)]
pub struct PrivateBroker {
    directory: PathBuf,
    server: Option<RabbitMq>,
    mapper: u16,
}

impl PrivateBroker {
    /// Starts it, or one of this name again that was stopped.
    pub async fn start(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("muster-broker-{}-{name}", std::process::id()));
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&directory).expect("no temporary directory");
            let mut known = Ports::open(&directory.join("ports"));
            let ports = RabbitMqPorts::choose(&mut known).expect("no free ports");
            let log = directory.join("rabbitmq.log");
            let server = RabbitMq::start(&directory.join("rabbitmq"), &log, ports)
                .expect("the private broker did not start");
            Self {
                directory,
                server: Some(server),
                mapper: ports.mapper,
            }
        })
        .await
        .expect("the starter of the private broker crashed")
    }

    /// As the invitation service that declares everything.
    #[must_use]
    pub fn broker(&self) -> Broker {
        let options = BrokerOptions {
            url: self.url(),
            ca: None,
            prefix: String::new(),
            service: "invitation",
            topology: TopologyBy::Service,
        };
        Broker::new(options).expect("the broker's address is wrong")
    }

    /// Its address, with the credentials of whoever may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.as_ref().expect("it was stopped").url()
    }

    /// Its address, for this user of this virtual host.
    #[must_use]
    pub fn url_of(&self, user: &str, password: &str, virtual_host: &str) -> String {
        let url = self.url();
        let (_, place) = url.rsplit_once('@').expect("an address has credentials");
        let (place, _) = place.split_once('/').expect("an address has a virtual host");
        format!("amqp://{user}:{password}@{place}/{virtual_host}")
    }

    /// `rabbitmqctl` with these arguments, and what it prints.
    pub async fn control(&self, arguments: &[&str]) -> String {
        let control = RabbitMq::control(&self.directory.join("rabbitmq"), self.mapper);
        let done = tokio::process::Command::from(control.expect("rabbitmqctl is missing"))
            .args(arguments)
            .output()
            .await
            .expect("rabbitmqctl cannot be run");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Ends it cleanly; what it holds stays.
    pub async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let stopping = tokio::task::spawn_blocking(move || server.stop());
            stopping.await.expect("the broker did not stop");
        }
    }

    /// Forgets what a stopped one held.
    pub fn forget(&self) {
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

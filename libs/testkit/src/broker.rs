//! A corner of the broker for each test: names with a prefix of their own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use muster_messaging::topology::QUEUES;
use muster_messaging::{Broker, BrokerOptions, TopologyBy};

use crate::{drops, engines};

/// Nobody listens there.
const NOWHERE: &str = "amqp://127.0.0.1:9";

/// Queues and an exchange that no other test sees; deleted with this value.
#[derive(Debug)]
pub struct TestBroker {
    broker: Broker,
    url: &'static str,
    prefix: String,
}

impl TestBroker {
    /// The whole topology, declared, as `service` sees it.
    pub async fn new(service: &'static str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let url = engines::amqp_url().await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("test-{}-{}-{number}.", std::process::id(), started());
        let broker = broker(url, &prefix, service);
        broker.declare().await.expect("the broker cannot be reached");
        Self { broker, url, prefix }
    }

    /// No broker: for tests in which nothing has to be heard, since queues take longer to make than all the rest.
    pub(crate) fn nowhere(service: &'static str) -> Self {
        Self {
            broker: broker(NOWHERE, "", service),
            url: NOWHERE,
            prefix: String::new(),
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.url != NOWHERE
    }

    /// As the service that this was made for.
    #[must_use]
    pub fn broker(&self) -> Broker {
        self.broker.clone()
    }

    /// As another service, in the same corner.
    #[must_use]
    pub fn as_service(&self, service: &'static str) -> Broker {
        broker(self.url, &self.prefix, service)
    }

    /// The same corner by another way, such as a proxy that cuts connections.
    #[must_use]
    pub fn through(&self, url: &str) -> Broker {
        broker(url, &self.prefix, self.broker.service())
    }

    /// The broker's address, for a service that is started on it.
    #[must_use]
    pub fn url(&self) -> &'static str {
        self.url
    }

    /// What stands before all names, for a service that is started on it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A channel of its own, for looking and for making trouble. The connection must be kept.
    pub async fn channel(&self) -> (Connection, Channel) {
        channel(self.url).await.expect("the broker cannot be reached")
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        if !self.is_there() {
            return;
        }
        let (url, broker) = (self.url, self.broker.clone());
        drops::finish(async move {
            if let Ok((_connection, channel)) = channel(url).await {
                let exchange = broker.exchange().as_str().into();
                drop(
                    channel
                        .exchange_delete(exchange, ExchangeDeleteOptions::default())
                        .await,
                );
                for name in QUEUES.iter().flat_map(|queue| [queue.name, queue.parked]) {
                    let queue = broker.name(name).as_str().into();
                    drop(channel.queue_delete(queue, QueueDeleteOptions::default()).await);
                }
            }
        });
    }
}

fn broker(url: &str, prefix: &str, service: &'static str) -> Broker {
    let options = BrokerOptions {
        url: url.to_owned(),
        ca: None,
        prefix: prefix.to_owned(),
        service,
        topology: TopologyBy::Service,
    };
    Broker::new(options).expect("the broker's address is wrong")
}

async fn channel(url: &str) -> Result<(Connection, Channel), lapin::Error> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

/// Process ids come again, and a killed process leaves its queues behind: seconds tell them apart.
fn started() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a name, not a time")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

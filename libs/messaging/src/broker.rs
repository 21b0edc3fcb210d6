//! Connections to the broker, and the names used in it.

mod outage;
mod rights;
mod session;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lapin::tcp::OwnedTLSConfig;
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, runtime};
use tokio_util::sync::CancellationToken;

use self::outage::Outage;
pub(crate) use self::session::{Session, Sessions};
use crate::topology::{self, Names};

/// The largest frame, unless the address says otherwise: messages hold ids only, and a larger one is several frames. The client keeps
/// room for 64 frames a connection, which with the broker's own 128 KiB is 8 MB.
const FRAME_BYTES: u32 = 8 * 1024;
const HEARTBEAT_SECONDS: u16 = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const DECLARE_TIMEOUT: Duration = Duration::from_secs(30);

/// How to reach the broker.
#[derive(Clone)]
pub struct BrokerOptions {
    /// `amqp://` or `amqps://` address, with the credentials of this service.
    pub url: String,
    /// PEM file with the authorities that may have signed the certificate of an `amqps://` broker, beside the public ones. Read
    /// again at every connection.
    pub ca: Option<PathBuf>,
    /// Put before every name in the broker; empty in production, one of its own for each test.
    pub prefix: String,
    /// The service that connects; shown in the broker's list of connections.
    pub service: &'static str,
    /// Who declares exchange, queues and bindings.
    pub topology: TopologyBy,
}

/// Who declares exchange, queues and bindings in the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TopologyBy {
    /// Every service, the whole table, on every new connection: it may configure all of it there.
    #[default]
    Service,
    /// An operator has, before services start: they only look whether it is there, and need no right to configure.
    Operator,
}

/// Where messages go to and come from. Cheap to clone; holds no connection: relay and consumer open their own, so that
/// a broker that stops reading publishers does not stop consumers.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    uri: AMQPUri,
    ca: Option<PathBuf>,
    names: Names,
    service: &'static str,
    topology: TopologyBy,
    outage: Outage,
}

/// Why the broker could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The address is not an AMQP address.
    #[error("the broker's address is not a valid AMQP address: {0}")]
    Address(String),
    /// The authorities cannot be read.
    #[error("the broker's authorities cannot be read from {}", file.display())]
    Authorities {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The broker refused, or the connection broke.
    #[error("the broker failed while {doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The driver's error.
        source: lapin::Error,
    },
    /// The broker did not answer in time.
    #[error("the broker did not answer in time while {0}")]
    Timeout(&'static str),
    /// The broker did not accept a message.
    #[error("the broker did not accept a message: {0}")]
    NotAccepted(&'static str),
    /// The connection, the channel or the consumer is gone, and nobody said why.
    #[error("the session with the broker has ended")]
    Ended,
}

impl Broker {
    /// Reads the options; connects to nothing yet.
    ///
    /// # Errors
    /// When the address is not an AMQP address.
    pub fn new(options: BrokerOptions) -> Result<Self, BrokerError> {
        let mut uri: AMQPUri = options.url.parse().map_err(BrokerError::Address)?;
        uri.query.heartbeat = Some(HEARTBEAT_SECONDS);
        uri.query.frame_max.get_or_insert(FRAME_BYTES);
        let names = Names::with(options.prefix);
        Ok(Self(Arc::new(Inner {
            uri,
            ca: options.ca,
            names,
            service: options.service,
            topology: options.topology,
            outage: Outage::default(),
        })))
    }

    /// The service that connects.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The name of a queue or exchange in the broker: the prefix and the name of the table.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        self.0.names.of(name)
    }

    /// The name of the exchange that events are published to.
    #[must_use]
    pub fn exchange(&self) -> String {
        self.0.names.exchange()
    }

    /// Declares the whole table, or looks for it; for commands and tests, relay and consumer do it by themselves.
    ///
    /// # Errors
    /// When the broker cannot be reached or holds something else under one of the names.
    pub async fn declare(&self) -> Result<(), BrokerError> {
        let session = self.open("declare").await?;
        session.close().await;
        Ok(())
    }

    /// A new connection with one channel, on which the whole table has been declared. Without the driver's own
    /// recovery: it gives up after 16 tries and then never recovers channels.
    pub(crate) async fn open(&self, purpose: &'static str) -> Result<Session, BrokerError> {
        let name = format!("muster-{}/{purpose}", self.0.service);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let trust = OwnedTLSConfig {
            identity: None,
            cert_chain: self.authorities()?,
        };
        let connecting = async {
            let runtime = runtime::default_runtime()?;
            Connection::connect_uri_with_config(self.0.uri.clone(), properties, trust, runtime).await
        };
        let connection = in_time(CONNECT_TIMEOUT, "connecting", connecting).await?;
        let channel = in_time(CONNECT_TIMEOUT, "opening a channel", connection.create_channel()).await?;
        self.prepare(&channel).await?;
        Ok(Session::new(connection, channel))
    }

    fn authorities(&self) -> Result<Option<String>, BrokerError> {
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).map_err(|source| BrokerError::Authorities {
                file: file.clone(),
                source,
            })
        };
        self.0.ca.as_ref().map(read).transpose()
    }

    /// What the channel is to work with is there, afterwards.
    async fn prepare(&self, channel: &Channel) -> Result<(), BrokerError> {
        let Inner { names, service, .. } = &*self.0;
        match self.0.topology {
            TopologyBy::Service => {
                let declaring = topology::declare(channel, names);
                in_time(DECLARE_TIMEOUT, "declaring the topology", declaring).await
            }
            TopologyBy::Operator => {
                let looking = topology::expect(channel, names, service);
                in_time(DECLARE_TIMEOUT, "looking for the topology", looking).await
            }
        }
    }

    /// What is said of the time without a connection, once for all that need one.
    fn outage(&self) -> &Outage {
        &self.0.outage
    }

    /// Sessions one after the other, until `shutdown`.
    pub(crate) fn sessions(&self, purpose: &'static str, shutdown: CancellationToken) -> Sessions {
        Sessions::new(self.clone(), purpose, shutdown)
    }
}

impl std::fmt::Debug for Broker {
    /// Without the address: it carries credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("service", &self.0.service)
            .field("names", &self.0.names)
            .finish()
    }
}

impl std::fmt::Debug for BrokerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrokerOptions")
            .field("ca", &self.ca)
            .field("prefix", &self.prefix)
            .field("service", &self.service)
            .finish()
    }
}

/// Runs a call of the driver with a time limit: a broker that has stopped reading never answers.
pub(crate) async fn in_time<T>(
    limit: Duration,
    doing: &'static str,
    call: impl Future<Output = Result<T, lapin::Error>>,
) -> Result<T, BrokerError> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(source)) => Err(BrokerError::Failed { doing, source }),
        Err(_) => Err(BrokerError::Timeout(doing)),
    }
}

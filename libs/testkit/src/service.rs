//! A real service, in the process of the test: its port on loopback, a database and a corner of the broker of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_server::settings::{
    BrokerSettings, CommonSettings, DatabaseSettings, ListenSettings, Seconds, TelemetrySettings,
    TrustSettings, WorkloadSettings,
};
use muster_server::{Running, Service};
use muster_telemetry::LogFormat;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

use crate::{Callers, Signed, TestBroker, TestDatabase, Who, eventually};

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Whom a service may call: tokens for all are there.
const PEERS: [&str; 5] = [
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];

/// What generated clients are built on in tests.
pub type TestChannel = InterceptedService<Channel, Signed>;

/// A service under test. Its clock is the test's; background work ends with the test's runtime.
#[derive(Debug)]
pub struct TestService {
    /// The database.
    pub database: TestDatabase,
    /// The corner of the broker.
    pub broker: TestBroker,
    /// The clock: of the service, and of the tokens of its callers.
    pub clock: Clock,
    callers: Arc<Callers>,
    channel: Channel,
    name: &'static str,
    running: Running,
}

impl TestService {
    /// Starts `S` with its own settings; it is ready when this returns.
    pub async fn start<S: Service>(clock: Clock, own: S::Settings) -> Self {
        let database = TestDatabase::new(&S::MIGRATOR, S::NAME).await;
        let broker = TestBroker::new(S::NAME).await;
        let callers = Arc::new(Callers::new(clock.clone()));
        let common = common(S::NAME, &database, &broker, &callers);
        let running = muster_server::start::<S>(&common, own, clock.clone(), None).await;
        let running = running.expect("the service did not start");
        eventually(async || running.is_ready()).await;
        let url = format!("http://{}", running.grpc_address());
        let channel = Endpoint::from_shared(url)
            .expect("an address is a URL")
            .connect_lazy();
        Self {
            database,
            broker,
            clock,
            callers,
            channel,
            name: S::NAME,
            running,
        }
    }

    /// A channel for the calls of `who`: `ThingServiceClient::new(service.calls_of(who))`.
    #[must_use]
    pub fn calls_of(&self, who: Who) -> TestChannel {
        let signed = Signed::new(Arc::clone(&self.callers), self.name, who);
        InterceptedService::new(self.channel.clone(), signed)
    }

    /// The keys that it believes.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Stops it in order, and gives back what it ran on.
    pub async fn stop(self) -> (TestDatabase, TestBroker) {
        self.running.stop().await;
        (self.database, self.broker)
    }
}

fn common(name: &str, database: &TestDatabase, broker: &TestBroker, callers: &Callers) -> CommonSettings {
    CommonSettings {
        listen: ListenSettings {
            listen: LOOPBACK,
            admin_listen: LOOPBACK,
            drain_delay: Seconds(Duration::ZERO),
            max_calls: 256,
        },
        database: DatabaseSettings {
            database_url: database.url().to_owned().into(),
            database_pool: 8,
        },
        broker: BrokerSettings {
            amqp_url: broker.url().to_owned().into(),
            amqp_prefix: broker.prefix().to_owned(),
        },
        trust: TrustSettings {
            caller_jwks: callers.caller_jwks(),
        },
        workload: workload(name, callers),
        telemetry: TelemetrySettings {
            otlp_endpoint: None,
            trace_ratio: 0.0,
            log_format: LogFormat::Auto,
            log_filter: String::new(),
        },
    }
}

fn workload(name: &str, callers: &Callers) -> WorkloadSettings {
    let workload_tokens: PathBuf = callers.workload_tokens(name, &PEERS);
    WorkloadSettings {
        workload_issuer: callers.workload_issuer().to_owned(),
        workload_jwks: callers.workload_jwks(),
        workload_namespace: callers.workload_namespace().to_owned(),
        workload_tokens,
    }
}

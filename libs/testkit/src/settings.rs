//! What every service is told, as a test tells it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use muster_server::settings::{
    BrokerSettings, CertificateSettings, CommonSettings, DatabaseSettings, HelpSettings, ListenSettings,
    Seconds, TelemetrySettings, Topology, TransportSettings, TrustSettings, WorkloadSettings,
};
use muster_telemetry::LogFormat;

use crate::suite::SERVICES;
use crate::{Callers, TestBroker, TestDatabase};

/// A service of this name, on this database, listening there.
pub(crate) fn common(
    name: &str,
    database: &TestDatabase,
    broker: &TestBroker,
    callers: &Callers,
    listen: SocketAddr,
) -> CommonSettings {
    CommonSettings {
        listen: ListenSettings {
            listen,
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            drain_delay: Seconds(Duration::ZERO),
            max_calls: 256,
        },
        certificate: CertificateSettings::default(),
        transport: TransportSettings::default(),
        database: DatabaseSettings {
            database_url: database.url().to_owned().into(),
            database_pool: 8,
        },
        broker: BrokerSettings {
            amqp_url: broker.url().to_owned().into(),
            amqp_ca: None,
            amqp_prefix: broker.prefix().to_owned(),
            amqp_topology: Topology::Service,
        },
        trust: TrustSettings {
            caller_jwks: callers.caller_jwks(),
            tls_client_ca: None,
        },
        workload: workload(name, callers),
        telemetry: TelemetrySettings {
            otlp_endpoint: None,
            trace_ratio: 0.0,
            log_format: LogFormat::Auto,
            log_filter: String::new(),
        },
        help: HelpSettings {
            support: String::new(),
        },
    }
}

fn workload(name: &str, callers: &Callers) -> WorkloadSettings {
    let workload_tokens: PathBuf = callers.workload_tokens(name, &SERVICES);
    WorkloadSettings {
        workload_issuer: callers.workload_issuer().to_owned(),
        workload_jwks: callers.workload_jwks(),
        workload_namespace: callers.workload_namespace().to_owned(),
        workload_tokens,
    }
}

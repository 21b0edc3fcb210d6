//! The groups of settings that binaries share.

use std::net::SocketAddr;
use std::path::PathBuf;

use muster_database::DatabaseOptions;
use muster_messaging::{BrokerOptions, TopologyBy};
use muster_telemetry::{LogFormat, TelemetryOptions};

use super::values::share;
use super::{Seconds, Secret};

/// Where a process listens and how it stops.
#[derive(Clone, Debug, clap::Args)]
pub struct ListenSettings {
    /// Address for gRPC
    #[arg(
        long,
        env = "MUSTER_LISTEN",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Address for /livez, /readyz and /metrics
    #[arg(
        long,
        env = "MUSTER_ADMIN_LISTEN",
        default_value = "0.0.0.0:8081",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
    /// Seconds between "not ready" and refusing connections when it stops; 0 on a developer's machine
    #[arg(long, env = "MUSTER_DRAIN_DELAY", default_value = "5", value_name = "SECONDS")]
    pub drain_delay: Seconds,
    /// Calls answered at the same time; more are refused at once with RESOURCE_EXHAUSTED
    #[arg(long, env = "MUSTER_MAX_CALLS", default_value_t = 256, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_calls: u32,
}

/// A service's own database.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseSettings {
    /// postgres:// URL of the service's own database, or file:PATH of a file that holds it
    #[arg(long, env = "MUSTER_DATABASE_URL", value_name = "URL")]
    pub database_url: Secret,
    /// Most connections to it, beside two more: one asks whether it is there, one stands for the process; all replicas
    /// together at most 80 % of max_connections
    #[arg(
        long,
        env = "MUSTER_DATABASE_POOL",
        default_value_t = 16,
        value_name = "COUNT"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_pool: u32,
}

impl DatabaseSettings {
    /// As the database room wants them.
    #[must_use]
    pub fn options(&self, service: &'static str) -> DatabaseOptions {
        DatabaseOptions::new(self.database_url.reveal())
            .pool(self.database_pool)
            .application(service)
    }
}

/// The broker.
#[derive(Clone, Debug, clap::Args)]
pub struct BrokerSettings {
    /// amqp:// or amqps:// URL of the broker, or file:PATH of a file that holds it
    #[arg(long, env = "MUSTER_AMQP_URL", value_name = "URL")]
    pub amqp_url: Secret,
    /// PEM file with the authorities that may have signed the certificate of an amqps:// broker, beside the public ones; read
    /// again at every connection
    #[arg(long, env = "MUSTER_AMQP_CA", value_name = "FILE")]
    pub amqp_ca: Option<PathBuf>,
    /// Put before every name in the broker, to keep installations (and tests) apart
    #[arg(long, env = "MUSTER_AMQP_PREFIX", default_value = "", value_name = "TEXT")]
    pub amqp_prefix: String,
    /// Who declares exchange, queues and bindings: `service`, each of them at every connection; or `operator`, beforehand,
    /// so that a service's user needs no right to configure the broker
    #[arg(
        long,
        env = "MUSTER_AMQP_TOPOLOGY",
        default_value = "service",
        value_name = "WHO"
    )]
    pub amqp_topology: Topology,
}

/// Who declares what is in the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Topology {
    /// Every service.
    Service,
    /// An operator, before services start.
    Operator,
}

impl From<Topology> for TopologyBy {
    fn from(topology: Topology) -> Self {
        match topology {
            Topology::Service => Self::Service,
            Topology::Operator => Self::Operator,
        }
    }
}

impl BrokerSettings {
    /// As the messaging room wants them.
    #[must_use]
    pub fn options(&self, service: &'static str) -> BrokerOptions {
        BrokerOptions {
            url: self.amqp_url.reveal().to_owned(),
            ca: self.amqp_ca.clone(),
            prefix: self.amqp_prefix.clone(),
            service,
            topology: self.amqp_topology.into(),
        }
    }
}

/// Who may say who calls.
#[derive(Clone, Debug, clap::Args)]
pub struct TrustSettings {
    /// JWKS file with the gateway's public keys
    #[arg(long, env = "MUSTER_CALLER_JWKS", value_name = "FILE")]
    pub caller_jwks: PathBuf,
    /// PEM file with the authorities of which one must have signed the certificate of whoever calls, for clients (clientAuth); looked at again every second. Needs --tls-certificate. Callers show --services-certificate, or what they serve with. Without it nobody is asked for a certificate, and tokens alone tell who calls
    #[arg(long, env = "MUSTER_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
}

/// Workloads: whose tokens are believed, and where its own tokens are.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkloadSettings {
    /// Issuer of workload tokens (the cluster's)
    #[arg(long, env = "MUSTER_WORKLOAD_ISSUER", value_name = "URL")]
    pub workload_issuer: String,
    /// JWKS file with that issuer's public keys
    #[arg(long, env = "MUSTER_WORKLOAD_JWKS", value_name = "FILE")]
    pub workload_jwks: PathBuf,
    /// Namespace of the suite's service accounts
    #[arg(
        long,
        env = "MUSTER_WORKLOAD_NAMESPACE",
        default_value = "muster",
        value_name = "NAME"
    )]
    pub workload_namespace: String,
    /// Directory with the process's own workload tokens: one file per service it calls
    #[arg(long, env = "MUSTER_WORKLOAD_TOKENS", value_name = "DIRECTORY")]
    pub workload_tokens: PathBuf,
}

/// Where telemetry goes.
#[derive(Clone, Debug, clap::Args)]
pub struct TelemetrySettings {
    /// OTLP/gRPC endpoint for traces, such as http://collector:4317; none: traces are not sent
    #[arg(long, env = "MUSTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,
    /// Share of traces that are recorded when they begin here
    #[arg(long, env = "MUSTER_TRACE_RATIO", default_value = "0.01", value_parser = share, value_name = "SHARE")]
    pub trace_ratio: f64,
    /// auto (human on a terminal), json or human
    #[arg(long, env = "MUSTER_LOG_FORMAT", default_value_t = LogFormat::Auto, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Log filter, such as info,muster_messaging=debug
    #[arg(
        long = "log",
        env = "MUSTER_LOG",
        default_value = "info", value_parser = muster_telemetry::checked_filter,
        value_name = "FILTER"
    )]
    pub log_filter: String,
}

impl TelemetrySettings {
    /// As the telemetry room wants them.
    #[must_use]
    pub fn options(&self, service: &'static str, version: &'static str) -> TelemetryOptions {
        TelemetryOptions {
            service,
            version,
            otlp_endpoint: self.otlp_endpoint.clone().filter(|url| !url.is_empty()),
            trace_ratio: self.trace_ratio,
            log_format: self.log_format,
            log_filter: self.log_filter.clone(),
        }
    }
}

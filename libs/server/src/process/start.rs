//! Starting a service in this process, and stopping it again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::Database;
use muster_identity::{CallerVerifier, KeyFile, WorkloadTokens, WorkloadTrust, WorkloadVerifier};
use muster_messaging::Broker;
use muster_telemetry::Metrics;
use muster_tls::{H2, ServerTls, Trust};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::background::Background;
use super::transport;
use crate::admin::{self, Admin};
use crate::drain::{self, Drain, Stopping};
use crate::front::{Bounds, Front, Gate};
use crate::settings::{CommonSettings, ConfigErrors, PeerUrls};
use crate::{Health, Service, Shell, check, method_rules};

/// A service that runs.
#[derive(Debug)]
pub struct Running {
    grpc: SocketAddr,
    admin: SocketAddr,
    health: Health,
    drain: Drain,
    drain_delay: Duration,
    /// Calls that run, also those that nobody waits for any more.
    calls: TaskTracker,
    background: Background,
    database: Database,
    served: JoinHandle<anyhow::Result<()>>,
    admin_stop: CancellationToken,
}

/// Starts a service. Returns when it listens; it is ready once its database and the broker have answered.
///
/// # Errors
/// [`ConfigErrors`] with everything that is wrong with the settings, or why the service cannot be built.
pub async fn start<S: Service>(
    common: &CommonSettings,
    own: S::Settings,
    clock: Clock,
    metrics: Option<Metrics>,
) -> anyhow::Result<Running> {
    method_rules::load()?;
    let Opened { shell, gate, tls } =
        open(S::NAME, common, S::peers(&own), S::development_keys(&own), clock)?;
    let mut app = S::build(own, shell.clone()).await?;
    app.check_consumer(S::NAME)?;
    let listener = admin::bind(common.listen.listen).await?;
    let admin_listener = admin::bind(common.listen.admin_listen).await?;
    let (grpc, admin) = (listener.local_addr()?, admin_listener.local_addr()?);

    let health = Health::new(&app.names).await;
    let routes = transport::with_health_and_reflection(app.routes(), &app.names, &health)?;
    let drain = Drain::new();
    let (calls, max_calls) = (TaskTracker::new(), common.listen.max_calls as usize);
    let bounds = Bounds {
        max_calls,
        tasks: calls.clone(),
        cut: drain.streams(),
    };
    let front = Front::new(routes, gate, bounds, common.help.support.clone());
    if let Some(tls) = tls.clone() {
        tokio::spawn(tls.watch(health.problem_of(CERTIFICATE), drain.work()));
    }
    let served = tokio::spawn(transport::serve(listener, tls, front, drain.accepting()));
    let background = Background::new(drain.work());
    let surroundings = check::watch::<S>(common.clone(), shell.clock.clone(), health.clone(), drain.work());
    background.keep("surroundings", surroundings);
    background.start(S::NAME, &shell, &health, app);
    let admin_stop = serve_admin(admin_listener, &health, metrics, &shell.database);
    tracing::info!(service = S::NAME, %grpc, %admin, "listening");
    Ok(Running {
        grpc,
        admin,
        health,
        drain,
        drain_delay: common.listen.drain_delay.0,
        calls,
        background,
        database: shell.database,
        served,
        admin_stop,
    })
}

impl Running {
    /// Where it answers gRPC.
    #[must_use]
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc
    }

    /// Where it answers operators.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// Whether it welcomes calls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health.is_ready()
    }

    /// Returns when it cannot go on: the listener or something in the background broke.
    pub async fn broke(&mut self) {
        tokio::select! {
            ended = &mut self.served => match ended {
                Ok(Ok(())) => tracing::error!("the listener ended before its time"),
                Ok(Err(error)) => tracing::error!(error = &*error as &dyn std::error::Error, "the listener broke"),
                Err(_panicked) => tracing::error!("the listener panicked"),
            },
            () = self.background.broke() => {}
        }
    }

    /// Stops it in the order of [`crate::drain`], within 30 s.
    pub async fn stop(self) {
        let stopping = Stopping::begin(self.drain_delay);
        self.health.stop().await;
        let served = self.served;
        // One that broke has been waited for, and must not be waited for again.
        let listens = !served.is_finished();
        if listens {
            tokio::time::sleep(self.drain_delay).await;
        }
        let ended = async move {
            if listens {
                drop(served.await);
            }
            self.calls.close();
            self.calls.wait().await;
        };
        self.drain.run(&stopping, ended).await;
        let work = stopping.stage(drain::WORK_ENDS, drain::POOL_CLOSES);
        if timeout(work, self.background.ended()).await.is_err() {
            tracing::warn!("background work did not end in time; what it held will be taken up again");
        }
        let pool = stopping.stage(drain::POOL_CLOSES, Duration::ZERO);
        if timeout(pool, self.database.close()).await.is_err() {
            tracing::warn!("the pool did not close in time");
        }
        self.admin_stop.cancel();
    }
}

/// The certificate's name in `/readyz`.
const CERTIFICATE: &str = "certificate";

/// Everything that settings name.
struct Opened {
    shell: Shell,
    gate: Gate,
    /// None: plain text.
    tls: Option<Arc<ServerTls>>,
}

/// Opens it; tells all that is wrong, not only the first.
fn open(
    service: &'static str,
    common: &CommonSettings,
    peers: Vec<(&'static str, &PeerUrls)>,
    development_keys: Vec<&'static str>,
    clock: Clock,
) -> Result<Opened, ConfigErrors> {
    let mut wrong = Vec::new();
    let tls = certificate(&mut wrong, common, &clock);
    let refused = common.listen.refused(development_keys);
    wrong.extend(refused.iter().map(ToString::to_string));
    let trust = trust(&mut wrong, common, tls.as_ref().and_then(Option::as_ref));
    wrong.extend(common.transport.calling(peers).iter().map(ToString::to_string));
    let database = Database::connect(common.database.options(service));
    let database = noted(&mut wrong, "--database-url (MUSTER_DATABASE_URL)", database);
    let broker = Broker::new(common.broker.options(service));
    let broker = noted(&mut wrong, "--amqp-url (MUSTER_AMQP_URL)", broker);
    let caller_keys = KeyFile::open(&common.trust.caller_jwks);
    let caller_keys = noted(&mut wrong, "--caller-jwks (MUSTER_CALLER_JWKS)", caller_keys);
    let workload_keys = KeyFile::open(&common.workload.workload_jwks);
    let workload_keys = noted(
        &mut wrong,
        "--workload-jwks (MUSTER_WORKLOAD_JWKS)",
        workload_keys,
    );
    let (Some(tls), Some(peer_trust), Some(database), Some(broker), Some(caller_keys), Some(keys), true) = (
        tls,
        trust,
        database,
        broker,
        caller_keys,
        workload_keys,
        wrong.is_empty(),
    ) else {
        return Err(ConfigErrors::Wrong(wrong));
    };
    let trust = WorkloadTrust {
        issuer: common.workload.workload_issuer.clone(),
        namespace: common.workload.workload_namespace.clone(),
        keys,
    };
    let callers = CallerVerifier::new(caller_keys, service, clock.clone());
    let gate = Gate::new(
        service,
        callers,
        WorkloadVerifier::new(trust, service, clock.clone()),
    );
    let tokens = Arc::new(WorkloadTokens::new(&common.workload.workload_tokens));
    let tls = tls.map(Arc::new);
    let shell = Shell {
        database,
        clock,
        broker,
        tokens,
        trust: Arc::new(peer_trust),
        tls: tls.clone(),
        plaintext: common.transport.plaintext,
    };
    Ok(Opened { shell, gate, tls })
}

/// What callers are shown, if anything; otherwise plain text must be allowed.
pub(crate) fn certificate(
    wrong: &mut Vec<String>,
    common: &CommonSettings,
    clock: &Clock,
) -> Option<Option<ServerTls>> {
    let files = noted(wrong, "TLS", common.served())?;
    let Some(files) = files else {
        let readable = common.transport.listening(common.listen.listen);
        wrong.extend(readable.iter().map(ToString::to_string));
        return Some(None);
    };
    match ServerTls::open(files, &[H2], clock.clone()) {
        Ok(tls) => Some(Some(tls)),
        Err(problems) => {
            wrong.extend(problems.iter().map(ToString::to_string));
            None
        }
    }
}

/// Whom it believes to be a service, and what it shows those that ask: what it serves with, unless it is told otherwise.
fn trust(wrong: &mut Vec<String>, common: &CommonSettings, served: Option<&ServerTls>) -> Option<Trust> {
    let trust = common.transport.trust(served.map(ServerTls::files));
    trust
        .map_err(|problems| wrong.extend(problems.iter().map(ToString::to_string)))
        .ok()
}

fn noted<T, E: std::error::Error>(wrong: &mut Vec<String>, setting: &str, opened: Result<T, E>) -> Option<T> {
    opened
        .map_err(|error| {
            let source = error
                .source()
                .map(|source| format!(": {source}"))
                .unwrap_or_default();
            wrong.push(format!("{setting}: {error}{source}"));
        })
        .ok()
}

fn serve_admin(
    listener: TcpListener,
    health: &Health,
    metrics: Option<Metrics>,
    database: &Database,
) -> CancellationToken {
    let stop = CancellationToken::new();
    let pool = database.clone();
    let admin = Admin::new(health.clone(), metrics).with_gauges(move || {
        let usage = pool.usage();
        metrics::gauge!("database_pool_connections", "state" => "used").set(usage.used);
        metrics::gauge!("database_pool_connections", "state" => "idle").set(usage.idle);
        metrics::gauge!("database_pool_connections_limit").set(usage.limit);
    });
    let until = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = admin.serve(listener, until).await {
            tracing::error!(%error, "the admin listener broke");
        }
    });
    stop
}

#[cfg(test)]
mod tests {
    use muster_database::DatabaseOptions;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_service_whose_listener_broke_stops_in_order() {
        let drain = Drain::new();
        let mut running = Running {
            grpc: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            health: Health::new(&[]).await,
            drain: drain.clone(),
            drain_delay: Duration::ZERO,
            calls: TaskTracker::new(),
            background: Background::new(drain.work()),
            database: Database::connect(DatabaseOptions::new("postgres://localhost/nobody")).unwrap(),
            served: tokio::spawn(async { anyhow::bail!("made up") }),
            admin_stop: CancellationToken::new(),
        };
        let admin_stop = running.admin_stop.clone();
        running.broke().await;
        running.stop().await;
        assert!(drain.work().is_cancelled() && admin_stop.is_cancelled());
    }
}

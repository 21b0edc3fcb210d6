//! The only wiring: from settings to a gateway that listens.

use std::error::Error;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use muster_access::Rules;
use muster_clock::Clock;
use muster_identity::oidc::PersonVerifier;
use muster_identity::{
    CallerSigner, KeyFile, SecretKeys, SigningKey, WorkloadTokens, WorkloadTrust, WorkloadVerifier,
};
use muster_json::{About, Bindings, Gate, Json, open_api, reference};
use muster_server::admin::{self, Admin};
use muster_server::drain::{Drain, Stopping};
use muster_server::settings::ConfigErrors;
use muster_server::{Health, Peer};
use muster_telemetry::{AccessLog, Metrics};
use muster_tls::{H2, HTTP1, ServerTls, Trust};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;

use crate::edge::{CallerTags, Edge, EdgeParts, Observer};
use crate::issuer_watch;
use crate::limits::{NetworkDebts, SendBufferBudget};
use crate::name::NAME;
use crate::net::{self, CancelBudget, ConnectionContext, TrustedProxies, WorkerThreads};
use crate::pages::{self, PagesOptions};
use crate::policy::{Policies, Watch};
use crate::router::{self, Cors, Description, Handlers, Router};
use crate::settings::{self, Issuers, Settings};
use crate::upstream::{self, Roles, Sessions, StaffReads, Upstreams};

/// The certificate's name in `/readyz`.
const CERTIFICATE: &str = "certificate";

/// A gateway that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    admin: SocketAddr,
    health: Health,
    drain: Drain,
    drain_delay: Duration,
    served: JoinHandle<()>,
    admin_stop: CancellationToken,
    access_log: AccessLog,
}

/// Everything that settings name.
pub(crate) struct Opened {
    pub(crate) parts: EdgeParts,
    /// The folder of extra policies, if there is one.
    watch: Option<Watch>,
    pages: PagesOptions,
    proxies: TrustedProxies,
    tls: Option<ServerTls>,
}

/// Starts the gateway. Returns when it listens.
///
/// # Errors
/// [`ConfigErrors`] with everything that is wrong with the settings, or why it cannot listen.
pub async fn start(settings: &Settings, clock: Clock, metrics: Option<Metrics>) -> anyhow::Result<Running> {
    net::raise_file_limit();
    let drain = Drain::new();
    let Opened {
        parts,
        watch,
        pages,
        proxies,
        tls,
    } = open(settings, clock.clone(), drain.streams())?;
    let (bindings, description) = json(settings, parts.rules)?;
    let persons = parts.persons.clone();
    let edge = Edge::new(parts);
    let watched = edge.watched();
    let access_log = edge.access_log();
    let pages = pages::router(pages, BoxCloneSyncService::new(edge.clone()))?;
    let listener = admin::bind(settings.listen.listen).await?;
    let admin_listener = admin::bind(settings.listen.admin_listen).await?;
    let (address, admin_address) = (listener.local_addr()?, admin_listener.local_addr()?);

    let health = Health::new(&[]).await;
    let gate = edge.clone();
    let gate: Gate = Arc::new(move |path, head| {
        let edge = gate.clone();
        Box::pin(async move { edge.gate(path, head).await })
    });
    let json = Json::new(Arc::new(bindings), edge.clone()).behind(gate);
    let cors = Cors::new(settings.cors_origins.clone(), &settings.cors_headers);
    let handlers = Handlers {
        edge,
        infrastructure: router::infrastructure(&health)?,
        json,
        description,
        pages,
        cors,
    };
    let context = ConnectionContext {
        router: Router::new(handlers),
        proxies: Arc::new(proxies),
        tls: tls.map(Arc::new),
        send_buffers: SendBufferBudget::new(),
        cancels: CancelBudget::new(clock.clone()),
        debts: NetworkDebts::new(),
    };
    if let Some(tls) = context.tls.clone() {
        tokio::spawn(tls.watch(health.problem_of(CERTIFICATE), drain.work()));
    }
    let threads = WorkerThreads::start()?;
    let served = tokio::spawn(net::serve(listener, threads, context, drain.accepting()));
    let admin_stop = CancellationToken::new();
    let admin = Admin::new(health.clone(), metrics).serve(admin_listener, admin_stop.clone());
    tokio::spawn(async move {
        if let Err(error) = admin.await {
            tracing::error!(%error, "the admin listener broke");
        }
    });
    tokio::spawn(issuer_watch::watch(persons, health.clone(), drain.work()));
    tokio::spawn(upstream::watch_readiness(
        watched,
        clock,
        health.clone(),
        drain.work(),
    ));
    if let Some(watch) = watch {
        tokio::spawn(watch.run(health.clone(), drain.work()));
    }
    tracing::info!(service = NAME, %address, admin = %admin_address, "listening");
    let drain_delay = settings.listen.drain_delay.0;
    Ok(Running {
        address,
        admin: admin_address,
        health,
        drain,
        drain_delay,
        served,
        admin_stop,
        access_log,
    })
}

/// The RPCs in JSON, and what describes them.
fn json(settings: &Settings, rules: &Rules) -> anyhow::Result<(Bindings, Description)> {
    let is_exposed = |path: &str| rules.get(path).is_some_and(|rule| !rule.is_internal());
    let load = |pool| {
        Bindings::load(pool, is_exposed)
            .map_err(|problems| ConfigErrors::Wrong(problems.iter().map(ToString::to_string).collect()))
    };
    let bindings = load(muster_proto::pool())?;
    let about = About {
        title: "Muster",
        version: env!("CARGO_PKG_VERSION"),
        server: settings.public_url.as_str().trim_end_matches('/'),
    };
    // The comments are in memory only until the document is written.
    let document = open_api(&load(&muster_proto::documented_pool())?, rules, about);
    let description = Description::new(
        serde_json::to_vec(&document)?.into(),
        reference(&document)?.into(),
    )?;
    Ok((bindings, description))
}

impl Running {
    /// Where it answers everybody.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers operators.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// Returns when it cannot go on: the listener broke.
    pub async fn broke(&mut self) {
        let _ = (&mut self.served).await;
    }

    /// Stops it in the order of [`muster_server::drain`], within 30 s.
    pub async fn stop(self) {
        let stopping = Stopping::begin(self.drain_delay);
        self.health.stop().await;
        let served = self.served;
        if !served.is_finished() {
            tokio::time::sleep(self.drain_delay).await;
            self.drain.run(&stopping, async move { drop(served.await) }).await;
        }
        self.admin_stop.cancel();
        if self.access_log.close() {
            tracing::info!("stopped");
        }
    }
}

/// Opens everything that settings name; tells all that is wrong, not only the first.
pub(crate) fn open(
    settings: &Settings,
    clock: Clock,
    streams: CancellationToken,
) -> Result<Opened, ConfigErrors> {
    let mut errors = Vec::new();
    let proxies = one(&mut errors, settings.proxies());
    let tls = tls(&mut errors, settings, &clock);
    let (policies, watch) = policies(&mut errors, settings).unzip();
    let rules = rules(&mut errors, policies.as_ref());
    let trust = trust(&mut errors, settings);
    let upstreams = rules.zip(trust.as_ref()).and_then(|(rules, trust)| {
        let max_calls = settings.listen.max_calls as usize;
        all(
            &mut errors,
            Upstreams::new(rules, settings.peers.by_area(), trust, max_calls),
        )
    });
    let (signing, session_keys) = keys(&mut errors, settings);
    let workload_keys = one(&mut errors, KeyFile::open(&settings.workload.workload_jwks));
    let issuers = one(&mut errors, Issuers::read(&settings.issuers));
    let trusted = issuers.as_ref().map(|issuers| issuers.trusted.clone());
    let persons = trusted.and_then(|trusted| all(&mut errors, PersonVerifier::new(trusted, clock.clone())));
    let (
        Some(policies),
        Some(rules),
        Some(services_trust),
        Some(upstreams),
        Some(signing),
        Some(session_keys),
        Some(keys),
        Some(issuers),
        Some(persons),
        Some(proxies),
        Some(tls),
    ) = (
        policies,
        rules,
        trust,
        upstreams,
        signing,
        session_keys,
        workload_keys,
        issuers,
        persons,
        proxies,
        tls,
    )
    else {
        return Err(ConfigErrors::Wrong(errors));
    };
    let trust = WorkloadTrust {
        issuer: settings.workload.workload_issuer.clone(),
        namespace: settings.workload.workload_namespace.clone(),
        keys,
    };
    let page_clock = clock.clone();
    let tokens = Arc::new(WorkloadTokens::new(&settings.workload.workload_tokens));
    let organization = Peer::new(
        "organization",
        &settings.peers.organization_url,
        tokens,
        &services_trust,
    );
    let parts = EdgeParts {
        rules,
        policies,
        persons: persons.clone(),
        workloads: WorkloadVerifier::new(trust, NAME, clock.clone()),
        roles: Roles::new(organization.clone()),
        staff_reads: StaffReads::new(organization.clone()),
        signer: CallerSigner::new(signing, clock.clone()),
        upstreams,
        clock,
        max_calls: settings.listen.max_calls as usize,
        calls_per_second: NonZeroU32::new(settings.calls_per_second),
        streams,
        caller_tags: CallerTags::of_first(&session_keys),
        observer: Observer::new(
            rules,
            settings.trace_context(),
            settings.telemetry.trace_ratio,
            AccessLog::start(&settings.telemetry.options(NAME, env!("CARGO_PKG_VERSION"))),
        ),
    };
    let pages = PagesOptions {
        public_url: settings.public_url.clone(),
        registrations: issuers.registrations,
        verifier: persons,
        sessions: Sessions::new(organization),
        session_keys,
        support: settings.support.clone(),
        clock: page_clock,
    };
    Ok(Opened {
        parts,
        watch: watch.flatten(),
        pages,
        proxies,
        tls,
    })
}

/// What it signs calls with, and what it seals sessions with; neither is a developer's where others come.
fn keys(errors: &mut Vec<String>, settings: &Settings) -> (Option<SigningKey>, Option<Vec<Vec<u8>>>) {
    const CALLER_KEY: &str = "--caller-key (MUSTER_CALLER_KEY)";
    const SESSION_KEY: &str = "--session-key (MUSTER_SESSION_KEY)";
    let signing = named(errors, CALLER_KEY, settings::text(&settings.caller_key))
        .and_then(|pem| named(errors, CALLER_KEY, SigningKey::from_pem(&pem)));
    let sessions = named(errors, SESSION_KEY, settings::keys(&settings.session_key));
    let development = [
        (
            CALLER_KEY,
            signing.as_ref().is_some_and(SigningKey::is_development),
        ),
        (
            SESSION_KEY,
            sessions.as_ref().is_some_and(SecretKeys::is_development),
        ),
    ];
    let development = development
        .into_iter()
        .filter(|(_, is_development)| *is_development);
    let refused = settings.listen.refused(development.map(|(setting, _)| setting));
    errors.extend(refused.iter().map(|refused| message(refused)));
    let is_refused = |setting: &str| refused.iter().any(|key| key.setting == setting);
    (
        signing.filter(|_| !is_refused(CALLER_KEY)),
        sessions
            .filter(|_| !is_refused(SESSION_KEY))
            .map(|keys| keys.keys().to_vec()),
    )
}

/// Whom it believes to be a service, and what it shows those that ask, which is not what it shows people; none of them is called where
/// others could read it.
fn trust(errors: &mut Vec<String>, settings: &Settings) -> Option<Arc<Trust>> {
    let readable = settings.transport.calling(settings.peers.by_area());
    errors.extend(readable.iter().map(|readable| message(readable)));
    let trust = all(errors, settings.transport.trust(None))?;
    readable.is_empty().then(|| Arc::new(trust))
}

/// TLS, if it ends here.
fn tls(errors: &mut Vec<String>, settings: &Settings, clock: &Clock) -> Option<Option<ServerTls>> {
    let reached = one(errors, settings.reached_by());
    let tls = match one(errors, settings.certificate.files())? {
        Some(files) => Some(all(errors, ServerTls::open(files, &[H2, HTTP1], clock.clone()))?),
        None => None,
    };
    reached.map(|()| tls)
}

/// The policies, and the folder of extra ones that is to be watched.
fn policies(errors: &mut Vec<String>, settings: &Settings) -> Option<(Policies, Option<Watch>)> {
    let policies = all(errors, Policies::open(settings.policies.as_deref()))?;
    let Some(extra) = settings.extra() else {
        return Some((policies, None));
    };
    let (policies, watch) = all(errors, policies.with_extra(extra))?;
    Some((policies, Some(watch)))
}

/// The rules of the contract, which live as long as the process, checked against the policies.
fn rules(errors: &mut Vec<String>, policies: Option<&Policies>) -> Option<&'static Rules> {
    let rules: &'static Rules = Box::leak(Box::new(all(errors, Rules::load(muster_proto::pool()))?));
    if let Some(policies) = policies {
        all(errors, rules.check_permissions(policies.permissions()))?;
    }
    Some(rules)
}

fn one<T, E: Error>(errors: &mut Vec<String>, opened: Result<T, E>) -> Option<T> {
    opened.map_err(|error| errors.push(message(&error))).ok()
}

fn named<T, E: Error>(errors: &mut Vec<String>, what: &str, opened: Result<T, E>) -> Option<T> {
    opened
        .map_err(|error| errors.push(format!("{what}: {}", message(&error))))
        .ok()
}

fn all<T, E: Error>(errors: &mut Vec<String>, opened: Result<T, Vec<E>>) -> Option<T> {
    opened
        .map_err(|problems| errors.extend(problems.iter().map(|error| message(error))))
        .ok()
}

/// With all that it came of: the last one is what an operator can mend.
fn message(error: &dyn Error) -> String {
    std::iter::successors(error.source(), |&cause| cause.source())
        .fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}

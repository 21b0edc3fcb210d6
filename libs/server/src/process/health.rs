//! Alive and ready, apart: a process that cannot reach its database is not ready, and restarting it would not help.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use muster_database::Database;
use muster_messaging::Broker;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::check;

/// Names under which `grpc.health.v1` tells liveness and readiness; every service's own name tells readiness too.
const LIVENESS: &str = "liveness";
const READINESS: &str = "readiness";

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One bad look is no outage: taking replicas away because the pool is busy makes the others busier.
const BAD_LOOKS: u32 = 3;

/// The process's state as others see it. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    ready: Arc<AtomicBool>,
    /// Held while readiness changes; true once the process stops: from then on nothing makes it ready again.
    stopping: Arc<Mutex<bool>>,
    reporter: HealthReporter,
    names: Arc<[&'static str]>,
    away: Arc<RwLock<Vec<String>>>,
    problems: Arc<RwLock<BTreeMap<String, String>>>,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health")
            .field("ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}

impl Health {
    /// Alive and not ready, for these gRPC services.
    pub async fn new(services: &[&'static str]) -> Self {
        let names: Vec<_> = services.iter().copied().chain(["", READINESS]).collect();
        let (reporter, names) = (HealthReporter::new(), names.into());
        let this = Self {
            ready: Arc::default(),
            stopping: Arc::default(),
            reporter,
            names,
            away: Arc::default(),
            problems: Arc::default(),
        };
        this.reporter
            .set_service_status(LIVENESS, ServingStatus::Serving)
            .await;
        measure(false);
        this.tell(ServingStatus::NotServing).await;
        this
    }

    /// Whether calls are welcome.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Calls are welcome, or not for now.
    pub async fn set_ready(&self, ready: bool) {
        let stopping = self.stopping.lock().await;
        self.change(ready && !*stopping).await;
    }

    /// Calls are not welcome any more.
    pub async fn stop(&self) {
        let mut stopping = self.stopping.lock().await;
        *stopping = true;
        self.change(false).await;
    }

    /// What others are told to be away, by name: it is shown beside readiness, whatever that is.
    pub fn set_away(&self, away: Vec<String>) {
        let mut told = self.away.write().unwrap_or_else(PoisonError::into_inner);
        if *told != away {
            tracing::warn!(?away, "what this process asks and cannot reach");
            *told = away;
        }
    }

    /// What is away, by name.
    #[must_use]
    pub fn away(&self) -> Vec<String> {
        self.away.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// For whoever watches a part: what it calls with the part's problem, as it changes.
    pub fn problem_of(&self, part: &'static str) -> impl Fn(Option<String>) + Send + Sync + use<> {
        let health = self.clone();
        move |problem| health.set_problem(part, problem)
    }

    /// What is wrong with a part that goes on working for now, or that nothing is: it is shown beside readiness, whatever
    /// that is.
    pub fn set_problem(&self, part: &str, problem: Option<String>) {
        let mut told = self.problems.write().unwrap_or_else(PoisonError::into_inner);
        if told.get(part) == problem.as_ref() {
            return;
        }
        match problem {
            Some(problem) => {
                tracing::warn!(part, problem, "somebody must look at this");
                told.insert(part.to_owned(), problem);
            }
            None => {
                tracing::info!(part, "is well again");
                told.remove(part);
            }
        }
    }

    /// What is wrong, by part.
    #[must_use]
    pub fn problems(&self) -> BTreeMap<String, String> {
        self.problems
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn change(&self, ready: bool) {
        if self.ready.swap(ready, Ordering::Relaxed) != ready {
            tracing::info!(ready, "readiness changed");
            measure(ready);
            self.tell(if ready {
                ServingStatus::Serving
            } else {
                ServingStatus::NotServing
            })
            .await;
        }
    }

    /// What `grpc.health.v1` is served from, for processes that put their own routes together.
    #[must_use]
    pub fn reporter(&self) -> HealthReporter {
        self.reporter.clone()
    }

    async fn tell(&self, status: ServingStatus) {
        for name in self.names.iter() {
            self.reporter.set_service_status(*name, status).await;
        }
    }

    /// Looks at the database every second until `shutdown`. The broker must have been reached once; after that it may
    /// be away, because calls only need the outbox.
    pub(crate) async fn watch(&self, database: Database, broker: Broker, shutdown: CancellationToken) {
        let reached = shutdown.run_until_cancelled(self.reach_once(&broker)).await;
        let mut bad = BAD_LOOKS;
        while reached.is_some() && !shutdown.is_cancelled() {
            match database.ping().await {
                Ok(()) => bad = 0,
                Err(error) => {
                    bad = bad.saturating_add(1);
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "the database does not answer"
                    );
                }
            }
            self.set_ready(bad < BAD_LOOKS).await;
            shutdown.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
        }
    }

    async fn reach_once(&self, broker: &Broker) {
        while let Err(error) = broker.declare().await {
            let (why, service) = (check::chain(&error), broker.service());
            let problem = format!("{why}; `muster-{service} check` says how to mend it");
            self.set_problem("broker", Some(problem));
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.set_problem("broker", None);
    }
}

/// For alerts: where no replica is ready nobody is called, and no call fails.
fn measure(ready: bool) {
    metrics::gauge!("muster_ready").set(if ready { 1.0 } else { 0.0 });
}

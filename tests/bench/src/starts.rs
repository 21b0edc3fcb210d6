//! From the start of a process until it is ready: of each service, beside a program that has nothing to prepare.

use std::process::Command;
use std::time::Duration;

use muster_engines::Ports;
use muster_local::Workspace;
use muster_local::suite::SERVICES;

use super::echo;
use super::figure::Figure;
use super::process::{Server, service};

const RUNS: usize = 5;
/// The name of the processes, and what the names of their ports begin with.
const NAME: &str = "started";
/// For one look; one that is not ready yet says so at once.
const LOOK: Duration = Duration::from_secs(2);

/// Where a process listens that runs beside the suite's own, and what knows it.
struct Own {
    workspace: Workspace,
    calls: String,
    operators: String,
    bounces: String,
    http: reqwest::Client,
}

/// One process more of each service, so many times, and an echo before each.
pub(super) async fn measure(workspace: &Workspace) -> anyhow::Result<Vec<Figure>> {
    let own = Own::new(workspace)?;
    let mut figures = Vec::new();
    for service in SERVICES {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            let bare = own.echo().await?;
            let took = own.service(service).await?;
            runs.push((took.as_secs_f64(), bare.as_secs_f64()));
        }
        figures.push(Figure::of_runs(
            format!("start.{service}"),
            "s",
            echo::BARE,
            &runs,
        ));
    }
    Ok(figures)
}

impl Own {
    fn new(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut ports = Ports::open(&workspace.at("ports"));
        let mut address = |of: &str| {
            let port = ports.of(&format!("{NAME}-{of}"), None)?;
            anyhow::Ok(format!("127.0.0.1:{port}"))
        };
        Ok(Self {
            workspace: workspace.clone(),
            calls: address("calls")?,
            operators: address("operators")?,
            bounces: address("bounces")?,
            http: reqwest::Client::builder().no_proxy().timeout(LOOK).build()?,
        })
    }

    /// Until it has answered a call.
    async fn echo(&self) -> anyhow::Result<Duration> {
        let command = echo::command(&self.workspace, &self.calls)?;
        let url = format!("http://{}", self.calls);
        self.timed(command, &self.calls, async || echo::answers(&url).await)
            .await
    }

    /// Until it says that it is ready, with the settings of the suite's own.
    async fn service(&self, name: &str) -> anyhow::Result<Duration> {
        let mut command = service(&self.workspace, name)?;
        command
            .arg("serve")
            .env("MUSTER_LISTEN", &self.calls)
            .env("MUSTER_ADMIN_LISTEN", &self.operators);
        if name == "notification" {
            command.env("MUSTER_BOUNCE_LISTEN", &self.bounces);
        }
        let url = format!("http://{}/readyz", self.operators);
        let is_ready = async || {
            let answer = self.http.get(&url).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        };
        self.timed(command, &self.operators, is_ready).await
    }

    /// Ends it before it tells.
    async fn timed(
        &self,
        command: Command,
        address: &str,
        is_ready: impl AsyncFn() -> bool,
    ) -> anyhow::Result<Duration> {
        let (_server, took) = Server::timed(&self.workspace, NAME, command, address, is_ready).await?;
        Ok(took)
    }
}

//! `cargo dev status`: what runs, where, and how it is.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use muster_engines::require_space;
use serde::Serialize;
use tokio::net::TcpStream;

use crate::addresses::Addresses;
use crate::outln;
use crate::replicas::{self, BALANCER};
use crate::suite::TOOLS;
use crate::workspace::Workspace;

/// With less, RabbitMQ takes no message, and PostgreSQL soon none either; both still answer.
const SCARCE_MB: u64 = 100;

/// How to print it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One JSON object with everything, for scripts
    #[arg(long)]
    json: bool,
}

/// One part.
#[derive(Debug, Serialize)]
pub struct PartStatus {
    /// Its name.
    pub name: String,
    /// Its process, where it runs.
    pub pid: Option<i32>,
    /// Resident memory in kilobytes.
    pub memory_kb: Option<u64>,
    /// Where it listens.
    pub address: String,
    /// Whether it answers that it is ready.
    pub healthy: bool,
}

/// Prints every part; succeeds when all are well.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let addresses = Addresses::read(workspace)?;
    let supervisor = workspace.pid_file("supervisor").living();
    let parts = parts(workspace, &addresses).await?;
    let full = full_disk(workspace);
    let well = parts.iter().all(|part| part.healthy) && full.is_none();
    if options.json {
        let pid = supervisor.map(|process| process.pid());
        outln!(
            "{}",
            serde_json::json!({ "supervisor": pid, "healthy": well, "parts": parts, "addresses": addresses })
        );
        return Ok(if well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    match supervisor {
        Some(process) => outln!("supervisor     running   pid {}", process.pid()),
        None if parts.iter().any(|part| part.pid.is_some()) => {
            let command = workspace.command();
            outln!(
                "supervisor     gone      `{command} up` takes over what it left, `{command} down` stops it"
            );
        }
        None => outln!("supervisor     stopped"),
    }
    for part in &parts {
        let state = match (part.pid, part.healthy) {
            (None, _) => "stopped",
            (Some(_), true) => "healthy",
            (Some(_), false) => "NOT READY",
        };
        let pid = part.pid.map(|pid| format!("pid {pid}")).unwrap_or_default();
        let memory = part
            .memory_kb
            .map(|kb| format!("{:.0} MB", kb as f64 / 1024.0))
            .unwrap_or_default();
        outln!(
            "{:14} {state:9} {pid:12} {memory:>8}   {}",
            part.name,
            part.address
        );
    }
    if let Some(full) = full {
        outln!("disk           FULL      {full}");
    }
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Why no part can write what it has to, if the disk is full.
#[must_use]
pub fn full_disk(workspace: &Workspace) -> Option<String> {
    let room = require_space(&workspace.state, SCARCE_MB);
    room.err().map(|error| error.to_string())
}

/// How each part is.
///
/// # Errors
/// A service has no address.
pub async fn parts(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<Vec<PartStatus>> {
    let mut parts = Vec::new();
    let engines = [
        ("postgres", addresses.engines.postgres),
        ("rabbitmq", addresses.engines.amqp),
    ];
    for (name, port) in engines {
        let address = format!("127.0.0.1:{port}");
        let healthy = TcpStream::connect(&address).await.is_ok();
        parts.push(part(workspace, name, address, healthy));
    }
    for (name, url) in TOOLS
        .into_iter()
        .zip([&addresses.issuer, &addresses.inbox, &addresses.traces])
    {
        let healthy = answers(&format!("{url}/livez")).await;
        parts.push(part(workspace, name, url.clone(), healthy));
    }
    let is_balanced = workspace.pid_file(BALANCER).living().is_some();
    for replica in replicas::living(workspace) {
        let (service, number) = replicas::service_of(&replica).context("a replica is of a service")?;
        let service = addresses.service(service)?;
        let at = |address: &String| {
            if is_balanced {
                replicas::address(address, number)
            } else {
                address.clone()
            }
        };
        let healthy = answers(&format!("{}/readyz", at(&service.admin))).await;
        parts.push(part(workspace, &replica, at(&service.grpc), healthy));
    }
    if is_balanced {
        let gateway = addresses.service("gateway")?;
        let healthy = answers(&format!("{}/readyz", gateway.admin)).await;
        parts.push(part(workspace, BALANCER, gateway.grpc.clone(), healthy));
    }
    Ok(parts)
}

fn part(workspace: &Workspace, name: &str, address: String, answers: bool) -> PartStatus {
    let process = workspace.pid_file(name).living();
    PartStatus {
        name: name.to_owned(),
        pid: process.map(|process| process.pid()),
        memory_kb: process.and_then(|process| process.resident_kb()),
        address,
        // An answer from a stranger on our port is not health.
        healthy: answers && process.is_some(),
    }
}

/// Does this page answer 200 within two seconds?
pub(crate) async fn answers(url: &str) -> bool {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(2))
        .no_proxy()
        .build();
    let Ok(client) = client else { return false };
    client
        .get(url)
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}

//! What can stand in front of the echo: nginx and haproxy, which pass calls on, and a gateway of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use muster_engines::Ports;
use muster_engines::packages::Package;

use super::fixture::Fixture;
use super::process::{Server, scratch};
use muster_local::Workspace;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proxy {
    Nginx,
    Haproxy,
    /// The suite's gateway once more, which takes the echo for the records service, and so many calls a second of one caller.
    Gateway {
        calls_per_second: u32,
    },
}

/// Starts it in front of the echo; tells where it is.
pub(super) async fn start(fixture: &Fixture, echo: &str, proxy: Proxy) -> anyhow::Result<(Server, String)> {
    let name = proxy.name();
    let port = Ports::open(&fixture.workspace.at("ports")).of(name, None)?;
    let address = format!("127.0.0.1:{port}");
    let command = match proxy {
        Proxy::Nginx => nginx(&fixture.workspace, &address, echo)?,
        Proxy::Haproxy => haproxy(&fixture.workspace, &address, echo)?,
        Proxy::Gateway { calls_per_second } => gateway(&fixture.workspace, &address, echo, calls_per_second)?,
    };
    let server = Server::start(&fixture.workspace, name, command, &address).await?;
    Ok((server, format!("http://{address}")))
}

impl Proxy {
    /// A gateway that counts calls and never refuses for their number.
    pub(super) const PATIENT: Self = Self::Gateway {
        calls_per_second: 1_000_000,
    };

    /// The name of its port and of its process.
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Gateway { .. } => "measured-gateway",
        }
    }
}

/// As many workers as cores, connections that are kept, and nothing written.
fn nginx(workspace: &Workspace, address: &str, echo: &str) -> anyhow::Result<Command> {
    let directory = scratch(workspace, "nginx")?;
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {}/{kind};\n", directory.display()))
        .concat();
    let text = format!(
        "daemon off;\nworker_processes auto;\npid {directory}/pid;\nerror_log stderr warn;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 1000000000;\n{temporary}\
         \x20 upstream echo {{ server {echo}; keepalive 64; keepalive_requests 1000000000; }}\n\
         \x20 server {{ listen {address} http2; location / {{ grpc_pass grpc://echo; }} }}\n}}\n",
        directory = directory.display(),
        echo = socket(echo),
    );
    let mut command = Command::new(program(Package::Nginx)?);
    command
        .arg("-c")
        .arg(written(&directory, "nginx.conf", &text)?)
        .arg("-p")
        .arg(&directory)
        .args(["-e", "stderr"]);
    Ok(command)
}

fn haproxy(workspace: &Workspace, address: &str, echo: &str) -> anyhow::Result<Command> {
    let directory = scratch(workspace, "haproxy")?;
    let text = format!(
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n\
         frontend edge\n  bind {address} proto h2\n  default_backend echo\n\
         backend echo\n  server echo {} proto h2\n",
        socket(echo),
    );
    let mut command = Command::new(program(Package::Haproxy)?);
    command
        .arg("-db")
        .arg("-f")
        .arg(written(&directory, "haproxy.cfg", &text)?);
    Ok(command)
}

/// With the settings of the suite's own, and addresses of its own.
fn gateway(
    workspace: &Workspace,
    address: &str,
    echo: &str,
    calls_per_second: u32,
) -> anyhow::Result<Command> {
    let admin = Ports::open(&workspace.at("ports")).of("measured-gateway-admin", None)?;
    let settings = fs::read_to_string(workspace.at("env/gateway")).context("the suite has no gateway")?;
    let mut command = Command::new(Workspace::service("gateway", true)?);
    for line in settings.lines() {
        if let Some((name, value)) = line.split_once('=') {
            command.env(name, value.trim_matches('\''));
        }
    }
    command
        .env("MUSTER_LISTEN", address)
        .env("MUSTER_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .env("MUSTER_RECORDS_URL", echo)
        .env("MUSTER_CALLS_PER_SECOND", calls_per_second.to_string())
        .env("MUSTER_LOG_FORMAT", "json");
    Ok(command)
}

fn program(package: Package) -> anyhow::Result<PathBuf> {
    package
        .program()
        .with_context(|| format!("{} is not installed", package.name()))
}

fn written(directory: &std::path::Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let file = directory.join(name);
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn socket(url: &str) -> &str {
    url.trim_start_matches("http://")
}

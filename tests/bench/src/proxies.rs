//! What can stand in front of the echo: nginx and haproxy, which pass calls on, and a gateway of its own. And what pages are
//! asked for: nginx with a file, and a gateway of its own behind a proxy that it trusts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use muster_engines::Ports;
use muster_engines::packages::Package;

use super::fixture::Fixture;
use super::process::{Server, scratch, service};
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
    let (name, address) = named(fixture, proxy)?;
    let command = match proxy {
        Proxy::Nginx => {
            let rest = format!(
                "  upstream echo {{ server {}; keepalive 64; keepalive_requests 1000000000; }}\n\
                 \x20 server {{ listen {address} http2; location / {{ grpc_pass grpc://echo; }} }}\n",
                socket(echo)
            );
            nginx(&scratch(&fixture.workspace, "nginx")?, &rest)?
        }
        Proxy::Haproxy => haproxy(&fixture.workspace, &address, echo)?,
        Proxy::Gateway { calls_per_second } => gateway(
            &fixture.workspace,
            &address,
            &[
                ("MUSTER_RECORDS_URL", echo),
                ("MUSTER_CALLS_PER_SECOND", &calls_per_second.to_string()),
            ],
        )?,
    };
    let server = Server::start(&fixture.workspace, name, command, &address).await?;
    Ok((server, format!("http://{address}")))
}

/// Starts an nginx that answers every path with one file; tells where it is, as host and port.
pub(super) async fn start_with_file(
    fixture: &Fixture,
    path: &str,
    file: &[u8],
) -> anyhow::Result<(Server, String)> {
    let (name, address) = named(fixture, Proxy::Nginx)?;
    let directory = scratch(&fixture.workspace, "nginx")?;
    fs::write(directory.join("page"), file)?;
    let rest = format!(
        "  default_type \"text/html; charset=utf-8\";\n  sendfile on;\n  open_file_cache max=10;\n\
         \x20 server {{ listen {address}; location = {path} {{ alias {}/page; }} }}\n",
        directory.display()
    );
    let command = nginx(&directory, &rest)?;
    Ok((
        Server::start(&fixture.workspace, name, command, &address).await?,
        address,
    ))
}

/// Starts the suite's gateway once more, which believes everybody on this machine whom they speak for; tells where it is, as host
/// and port.
pub(super) async fn start_behind_proxies(fixture: &Fixture) -> anyhow::Result<(Server, String)> {
    let (name, address) = named(fixture, Proxy::PATIENT)?;
    let trusted = [("MUSTER_TRUSTED_PROXIES", "127.0.0.0/8")];
    let command = gateway(&fixture.workspace, &address, &trusted)?;
    Ok((
        Server::start(&fixture.workspace, name, command, &address).await?,
        address,
    ))
}

/// The name of its process, and its host and port.
fn named(fixture: &Fixture, proxy: Proxy) -> anyhow::Result<(&'static str, String)> {
    let name = proxy.name();
    let port = Ports::open(&fixture.workspace.at("ports")).of(name, None)?;
    Ok((name, format!("127.0.0.1:{port}")))
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

/// As many workers as cores, connections that are kept, and nothing written. `rest` is what it serves.
fn nginx(directory: &Path, rest: &str) -> anyhow::Result<Command> {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {}/{kind};\n", directory.display()))
        .concat();
    let text = format!(
        "daemon off;\nworker_processes auto;\npid {directory}/pid;\nerror_log stderr warn;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 1000000000;\n{temporary}{rest}}}\n",
        directory = directory.display(),
    );
    let mut command = Command::new(program(Package::Nginx)?);
    command
        .arg("-c")
        .arg(written(directory, "nginx.conf", &text)?)
        .arg("-p")
        .arg(directory)
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

/// With the settings of the suite's own, addresses of its own, and what it is told besides.
fn gateway(workspace: &Workspace, address: &str, own: &[(&str, &str)]) -> anyhow::Result<Command> {
    let admin = Ports::open(&workspace.at("ports")).of("measured-gateway-admin", None)?;
    let mut command = service(workspace, "gateway")?;
    command
        .env("MUSTER_LISTEN", address)
        .env("MUSTER_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .envs(own.iter().copied());
    Ok(command)
}

fn program(package: Package) -> anyhow::Result<PathBuf> {
    package
        .program()
        .with_context(|| format!("{} is not installed", package.name()))
}

fn written(directory: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let file = directory.join(name);
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn socket(url: &str) -> &str {
    url.trim_start_matches("http://")
}

//! Several processes of each service, and the load balancer in front of them.
//!
//! A replica listens at the ports of its service, at a loopback address of its own; the address that everybody knows is the
//! load balancer's, which asks each replica whether it is ready, as Kubernetes would. Or it stands in front of the gateway alone,
//! and services know each replica of the others, as with headless services.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::addresses::{Addresses, ServiceAddresses, socket};
use crate::suite::{SERVICES, TOOLS};
use crate::workspace::Workspace;

/// As many as one machine has a use for.
pub const MAX_REPLICAS: u8 = 3;

/// The load balancer.
pub const BALANCER: &str = "balancer";

/// The seconds that a replica serves on after it has said that it is not ready: longer than the load balancer needs to hear it.
pub(crate) const DRAIN_DELAY: &str = "2";

/// What a replica is called, from 1; the first has the name of its service.
#[must_use]
pub fn name(service: &str, number: u8) -> String {
    match number {
        0 | 1 => service.to_owned(),
        number => format!("{service}-{number}"),
    }
}

/// The service that a part of this name is a replica of, and which; `None` for any other part.
#[must_use]
pub fn service_of(part: &str) -> Option<(&'static str, u8)> {
    let mut of_all = SERVICES
        .into_iter()
        .flat_map(|service| (1..=MAX_REPLICAS).map(move |number| (service, number)));
    of_all.find(|(service, number)| name(service, *number) == part)
}

/// Every replica that has a process, by service; each service once where there is one process of each.
#[must_use]
pub fn living(workspace: &Workspace) -> Vec<String> {
    SERVICES
        .into_iter()
        .flat_map(|service| (1..=MAX_REPLICAS).map(move |number| (number, name(service, number))))
        .filter(|(number, name)| *number == 1 || workspace.pid_file(name).living().is_some())
        .map(|(_, name)| name)
        .collect()
}

/// Every part but the engines: the services as [`living`] has them, the small servers, and the load balancer if it runs.
#[must_use]
pub fn parts(workspace: &Workspace) -> Vec<String> {
    let balancer = workspace.pid_file(BALANCER).living().map(|_| BALANCER);
    let others = TOOLS.into_iter().chain(balancer).map(ToOwned::to_owned);
    living(workspace).into_iter().chain(others).collect()
}

/// Where a replica is: the address of its service, at a host of its own.
#[must_use]
pub fn address(of_service: &str, number: u8) -> String {
    format!("http://{}:{}", host(number), port(of_service))
}

/// Where the replicas of a service are, as other services are told.
pub(crate) fn urls(of_service: &str, replicas: u8) -> String {
    let all: Vec<_> = (1..=replicas).map(|number| address(of_service, number)).collect();
    all.join(",")
}

/// The link to the program of a replica, where `up` was told to run what such links point at.
#[must_use]
pub fn link(workspace: &Workspace, replica: &str) -> PathBuf {
    workspace.at("programs").join(replica)
}

/// Points the link of a replica at the program of its service in this folder. The next process runs that.
///
/// # Errors
/// There is no such program, or the link cannot be written.
pub fn point(workspace: &Workspace, replica: &str, programs: &Path) -> anyhow::Result<()> {
    let (service, _) = service_of(replica).with_context(|| format!("{replica} is no service"))?;
    let program = program(programs, service)?;
    let link = link(workspace, replica);
    let made = link.with_extension("new");
    // Whoever starts the program meanwhile finds the one or the other.
    let _ = fs::remove_file(&made);
    symlink(&program, &made)
        .and_then(|()| fs::rename(&made, &link))
        .with_context(|| format!("cannot write {}", link.display()))
}

/// The program of a service in a folder of programs.
///
/// # Errors
/// It is not there.
pub fn program(programs: &Path, service: &str) -> anyhow::Result<PathBuf> {
    let program = programs.join(format!("muster-{service}"));
    let found = program.canonicalize();
    found.with_context(|| format!("{} is missing", program.display()))
}

fn host(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 10 + number)
}

fn port(address: &str) -> &str {
    socket(address).rsplit(':').next().unwrap_or_default()
}

/// What HAProxy is told: in front of each service, calls over HTTP/2 to those of its replicas that say they are ready; in front of
/// the gateway also HTTP/1.1, with the caller's address handed on. In front of the gateway alone where services call each other
/// `direct`. For operators, the first replica that answers.
pub(crate) fn haproxy(addresses: &Addresses, replicas: u8, direct: bool) -> String {
    // Streams and uploads last; nothing here ends them. So few connections need no more files than any container allows.
    let mut text = "global\n  maxconn 400\n\
         defaults\n  timeout connect 2s\n  timeout check 5s\n  timeout client 1h\n  timeout server 1h\n  retries 3\n  option redispatch\n  \
         default-server inter 200ms fastinter 100ms fall 1 rise 1\n"
        .to_owned();
    // Writing into a string does not fail.
    for (service, at) in &addresses.services {
        if service == "gateway" || !direct {
            calls(&mut text, service, at, replicas);
        }
        let _ = write!(
            text,
            "listen {service}-admin\n  mode tcp\n  bind {}\n",
            socket(&at.admin)
        );
        for number in 1..=replicas {
            let (replica, admin) = (name(service, number), address(&at.admin, number));
            let _ = writeln!(text, "  server {replica} {} check", socket(&admin));
        }
    }
    let _ = write!(text, "listen bounces\n  mode tcp\n  bind {}\n", addresses.bounces);
    for number in 1..=replicas {
        let (replica, reports) = (name("notification", number), address(&addresses.bounces, number));
        let _ = writeln!(text, "  server {replica} {} check", socket(&reports));
    }
    text
}

/// In front of the calls of a service.
fn calls(text: &mut String, service: &str, at: &ServiceAddresses, replicas: u8) {
    let (front, proto) = if service == "gateway" {
        ("  option forwardfor\n", "")
    } else {
        ("", " proto h2")
    };
    let _ = write!(
        text,
        "listen {service}\n  mode http\n{front}  balance leastconn\n  bind {}{proto}\n  option httpchk GET /readyz\n",
        socket(&at.grpc)
    );
    let admin = port(&at.admin);
    for number in 1..=replicas {
        let (replica, grpc) = (name(service, number), address(&at.grpc, number));
        let _ = writeln!(
            text,
            "  server {replica} {} proto h2 check check-proto h1 port {admin}",
            socket(&grpc)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EnginePorts;

    #[test]
    fn a_replica_is_found_by_its_name() {
        assert_eq!(service_of("records"), Some(("records", 1)));
        assert_eq!(service_of("records-2"), Some(("records", 2)));
        for other in ["records-1", "records-4", "postgres", "records-", ""] {
            assert_eq!(service_of(other), None, "{other}");
        }
        assert_eq!(address("http://127.0.0.1:8080", 2), "http://127.0.0.12:8080");
        assert_eq!(
            urls("http://127.0.0.1:8080", 2),
            "http://127.0.0.11:8080,http://127.0.0.12:8080"
        );
    }

    fn addresses() -> Addresses {
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let services = SERVICES.into_iter().zip((9000..).step_by(2));
        let services = services.map(|(service, port)| {
            let (grpc, admin) = (at(port), at(port + 1));
            (service.to_owned(), ServiceAddresses { grpc, admin })
        });
        let engines = EnginePorts {
            postgres: 1,
            amqp: 2,
            distribution: 3,
            mapper: 4,
        };
        Addresses {
            gateway: at(9000),
            app: at(5),
            issuer: at(6),
            inbox: at(7),
            smtp: "127.0.0.1:8".to_owned(),
            bounces: "127.0.0.1:9".to_owned(),
            traces: at(10),
            otlp: at(11),
            services: services.collect(),
            engines,
        }
    }

    #[test]
    fn who_is_called_directly_is_behind_no_load_balancer() {
        let listens = |direct: bool| {
            let text = haproxy(&addresses(), 2, direct);
            let listens = text.lines().filter_map(|line| line.strip_prefix("listen "));
            listens.map(str::to_owned).collect::<Vec<_>>()
        };
        let balanced = listens(false);
        for service in SERVICES {
            assert!(balanced.iter().any(|listen| listen == service), "{service}");
        }
        let direct = listens(true);
        let services: Vec<_> = direct
            .iter()
            .filter(|listen| SERVICES.contains(&listen.as_str()))
            .collect();
        assert_eq!(services, ["gateway"]);
        let others = |listens: &[String]| {
            listens
                .iter()
                .filter(|listen| !SERVICES.contains(&listen.as_str()))
                .count()
        };
        assert_eq!(others(&direct), others(&balanced));
    }
}

//! Where the suite is, and tokens for it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use muster_client::acts::{employment, organization as profile, record, redemption};
use muster_client::{Client, TokenSource};
use muster_clock::Clock;
use muster_refusal::ErrorReason;
use muster_testkit::eventually;
use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};

static QUIET: LazyLock<RwLock<()>> = LazyLock::new(RwLock::default);
static TOKENS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// Whether a test was alone since somebody has last seen all parts answer.
static DISTURBED: AsyncMutex<bool> = AsyncMutex::const_new(false);

/// The services that keep data: each has a database, and talks to the broker.
pub(crate) const SERVICES: [&str; 5] = [
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];

/// The files of a folder, each with what it is called when its name goes to another one.
fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    // What went while they were listed is none of them.
    let known = paths.filter_map(|path| {
        let number = std::fs::metadata(&path).ok()?.ino();
        Some((path, number))
    });
    known.collect()
}

fn text(file: &Path) -> io::Result<(String, String)> {
    let bytes = std::fs::read(file)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok((file.display().to_string(), text))
}

/// For tests that need the suite undisturbed. Hold it to the end.
pub(crate) async fn with_others() -> RwLockReadGuard<'static, ()> {
    let others = QUIET.read().await;
    settles(false).await;
    others
}

/// For tests that kill parts of it.
pub(crate) async fn alone() -> RwLockWriteGuard<'static, ()> {
    let alone = QUIET.write().await;
    settles(true).await;
    alone
}

/// Waits until the suite has recovered from the test that was alone before: that one has looked at what it was about, and not at who has
/// to connect anew.
async fn settles(disturbs: bool) {
    let mut disturbed = DISTURBED.lock().await;
    // Noted before: if it never recovers, one test says so, and not each of them after two minutes.
    if std::mem::replace(&mut *disturbed, disturbs) {
        let suite = Suite::find();
        eventually(async || suite.answers().await).await;
    }
}

/// The running suite.
#[derive(Clone)]
pub(crate) struct Suite {
    dir: PathBuf,
    addresses: Value,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Clock,
}

impl Suite {
    pub(crate) fn find() -> Self {
        let dir = std::env::var_os("MUSTER_TEST_SUITE")
            .map(PathBuf::from)
            .expect("MUSTER_TEST_SUITE is not set: run these tests with `cargo dev test`, or see main.rs");
        let addresses = std::fs::read(dir.join("addresses.json")).expect("the suite was never started there");
        let addresses = serde_json::from_slice(&addresses).unwrap();
        let clock = Clock::system();
        let http = visitor(&clock).redirect(reqwest::redirect::Policy::none());
        Self {
            dir,
            addresses,
            http: http.build().unwrap(),
            clock,
        }
    }

    /// Where its state is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// An address by its name in `addresses.json`.
    pub(crate) fn address(&self, name: &str) -> String {
        self.addresses[name]
            .as_str()
            .unwrap_or_else(|| panic!("no address {name}"))
            .to_owned()
    }

    /// The gRPC address of a service.
    pub(crate) fn service(&self, name: &str) -> String {
        self.addresses["services"][name]["grpc"]
            .as_str()
            .unwrap_or_else(|| panic!("no service {name}"))
            .to_owned()
    }

    /// Where a service answers its operators.
    pub(crate) fn admin(&self, name: &str) -> String {
        self.addresses["services"][name]["admin"]
            .as_str()
            .unwrap_or_else(|| panic!("no service {name}"))
            .to_owned()
    }

    /// The edge, called from a network of its own.
    pub(crate) fn edge(&self) -> Channel {
        self.edge_from(network(&self.clock).into())
    }

    /// The edge, called from another network address of this machine: calls are counted for each.
    pub(crate) fn edge_from(&self, address: IpAddr) -> Channel {
        Endpoint::from_shared(self.address("gateway"))
            .unwrap()
            .local_address(Some(address))
            .connect_lazy()
    }

    /// A client for the pages, from a network of its own.
    pub(crate) fn visitor(&self) -> reqwest::ClientBuilder {
        visitor(&self.clock)
    }

    /// A token for the edge, as `cargo dev token` prints it.
    pub(crate) fn token(&self, who: &str) -> String {
        let mut tokens = TOKENS.lock().unwrap();
        tokens
            .entry(who.to_owned())
            .or_insert_with(|| self.dev(&["token", "--as", who]).trim().to_owned())
            .clone()
    }

    /// Somebody who calls the edge from a network of their own, and sends again what may be sent again.
    pub(crate) fn client(&self, who: &str) -> Client {
        let token = TokenSource::fixed(&self.token(who)).unwrap();
        Client::on(self.edge()).with_token(token)
    }

    /// A request in somebody's name.
    pub(crate) fn call<M>(&self, who: &str, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token(who)).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    pub(crate) fn request_id(&self) -> String {
        self.clock.new_uuid().to_string()
    }

    /// Twelve digits that no other test has: of fewer, two among the hundreds of a run would be the same once in a while.
    pub(crate) fn unique(&self) -> String {
        format!("{:012}", self.clock.new_uuid().as_u128() % 1_000_000_000_000)
    }

    /// The token of a workload for an audience, as it is mounted.
    pub(crate) fn workload_token(&self, workload: &str, audience: &str) -> String {
        std::fs::read_to_string(self.dir.join("tokens").join(workload).join(audience)).unwrap()
    }

    /// Sends a part a signal; the supervisor starts again what was killed.
    pub(crate) fn signal(&self, part: &str, signal: &str) -> bool {
        let file = match part {
            "postgres" | "rabbitmq" => self.dir.join(part).join("pid"),
            _ => self.dir.join("run").join(format!("{part}.pid")),
        };
        let Ok(text) = std::fs::read_to_string(file) else {
            return false;
        };
        let pid = text.split_whitespace().next().unwrap_or_default();
        Command::new("kill")
            .args(["-s", signal, pid])
            .stderr(std::process::Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    }

    /// What the parts have logged, by file.
    pub(crate) fn logs(&self) -> Vec<(String, String)> {
        self.texts("logs")
    }

    /// The spans that the trace page keeps, by file.
    pub(crate) fn spans(&self) -> Vec<(String, String)> {
        self.texts("traces")
    }

    /// Of files that are replaced meanwhile, something would be read twice or not at all: then all are read anew.
    fn texts(&self, folder: &str) -> Vec<(String, String)> {
        let folder = self.dir.join(folder);
        loop {
            let listed = files(&folder);
            let texts: Result<Vec<_>, _> = listed.keys().map(|path| text(path)).collect();
            if files(&folder) == listed {
                return texts.unwrap();
            }
        }
    }

    /// Whether every part answers, and the edge reaches them: one that it could not reach it does not try for a moment.
    async fn answers(&self) -> bool {
        for part in ["gateway"].into_iter().chain(SERVICES) {
            let asked = self.http.get(format!("{}/readyz", self.admin(part))).send();
            let Ok(told) = asked.await.and_then(reqwest::Response::error_for_status) else {
                return false;
            };
            let told = told.text().await.unwrap_or_default();
            if !told.starts_with("ready\n") || told.contains("away: ") {
                return false;
            }
        }
        let somebody = self.client("learner-9");
        let looked = redemption::lookup(&somebody, "AAAA").await;
        looked.is_err_and(|refused| refused.reason() == Some(ErrorReason::LinkInvalid))
            && profile::list_own(&somebody).await.is_ok()
            && employment::list_own(&somebody).await.is_ok()
            && record::list_own_grants(&somebody).await.is_ok()
    }

    /// JSON from one of the pages of `cargo dev`.
    pub(crate) async fn json(&self, url: &str) -> Option<Value> {
        let answer = self.http.get(url).send().await.ok()?;
        answer.status().is_success().then_some(())?;
        answer.json().await.ok()
    }

    /// Runs `cargo dev` on this suite and gives what it prints.
    pub(crate) fn dev(&self, arguments: &[&str]) -> String {
        let output = self.dev_command(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "cargo dev {arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// Runs a command of a service, as its operators do, and gives what it prints.
    pub(crate) fn operate(&self, service: &str, arguments: &[&str]) -> String {
        let output = Command::new("sh")
            .args(["-c", r#"set -a; . "$0"; set +a; exec "$@""#])
            .arg(self.dir.join("env").join(service))
            .arg(binary(&format!("muster-{service}")))
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "muster-{service} {arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    fn dev_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("muster-dev"));
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg("--dir")
            .arg(&self.dir)
            .args(arguments);
        command
    }
}

/// A network address of this machine that nobody else calls from: what one network may do in a minute is the business of the tests about
/// it, and not to be shared with whatever runs beside a test, or ran before it.
fn network(clock: &Clock) -> Ipv4Addr {
    let [.., a, b, c] = clock.new_uuid().into_bytes();
    Ipv4Addr::new(127, 128 | (a >> 2), b, c)
}

fn visitor(clock: &Clock) -> reqwest::ClientBuilder {
    let network: IpAddr = network(clock).into();
    reqwest::Client::builder().no_proxy().local_address(network)
}

/// Where a program of the suite is.
pub(crate) fn binary(name: &str) -> PathBuf {
    let binaries = std::env::var_os("MUSTER_TEST_BINARIES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/debug"),
        PathBuf::from,
    );
    binaries.join(name)
}

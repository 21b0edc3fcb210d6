//! The engines come back with their data, whatever was killed.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_engines::{Durability, EngineError, Pair, Ports, ProcessId};
use nix::sys::signal::Signal;

/// A directory of this test's own, which forgets itself.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("muster-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = Pair::remove(&self.0);
    }
}

fn kill(process: ProcessId) {
    process.signal(Signal::SIGKILL);
    assert!(process.wait_gone(Duration::from_secs(5)));
}

fn eventually(mut condition: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "not within 10 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn killed_engines_come_back_with_their_data_at_the_same_address() {
    let scratch = Scratch::new("engines");
    let mut pair = Pair::start(scratch.path(), Durability::Durable).unwrap();
    let service = pair.postgres.create_service("invitation").unwrap();
    pair.postgres
        .psql("create table kept (n int); insert into kept values (42)")
        .unwrap();
    let addresses = (pair.postgres.superuser_url(), pair.rabbitmq.url());

    // A second process finds the first one's engines.
    let mut again = Pair::start(scratch.path(), Durability::Durable).unwrap();
    assert_eq!(again.postgres.running().id(), pair.postgres.running().id());
    assert_eq!(again.rabbitmq.running().id(), pair.rabbitmq.running().id());

    kill(pair.postgres.running().id());
    kill(pair.rabbitmq.running().id());
    // The process is gone a moment before its end can be collected.
    eventually(|| pair.postgres.running().ended().is_some());
    eventually(|| pair.rabbitmq.running().ended().is_some());

    let mut back = Pair::start(scratch.path(), Durability::Durable).unwrap();
    assert_eq!((back.postgres.superuser_url(), back.rabbitmq.url()), addresses);
    assert_eq!(back.postgres.psql("select n from kept").unwrap(), "42");
    assert_eq!(back.postgres.create_service("invitation").unwrap(), service);
    kill(back.rabbitmq.running().id());
    back.postgres.stop();
    assert!(Pair::stop_running(scratch.path()).is_empty());
    assert_eq!(port_mappers_of(scratch.path()), 0, "left by the killed brokers");
}

/// How many port mappers listen on the port of this directory's broker.
fn port_mappers_of(directory: &Path) -> usize {
    let port = Ports::open(&directory.join("ports"))
        .known("rabbitmq-mapper")
        .unwrap();
    usize::from(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok())
}

#[test]
fn a_role_is_limited_and_enters_no_other_database() {
    let scratch = Scratch::new("roles");
    let pair = Pair::start(scratch.path(), Durability::Careless).unwrap();
    pair.postgres.create_service("invitation").unwrap();
    pair.postgres.create_service("records").unwrap();
    let may = |role: &str, database: &str| {
        let question = format!("select has_database_privilege('{role}', '{database}', 'CONNECT')");
        pair.postgres.psql(&question).unwrap()
    };
    assert_eq!(may("records", "records"), "t");
    assert_eq!(may("records", "invitation"), "f");
    assert_eq!(may("records", "postgres"), "f");
    let limits = pair
        .postgres
        .psql("select array_to_string(setconfig, ' ') from pg_db_role_setting limit 1")
        .unwrap();
    assert_eq!(
        limits,
        "statement_timeout=2s lock_timeout=1s idle_in_transaction_session_timeout=10s"
    );
}

#[test]
fn a_taken_port_of_the_broker_is_refused_and_nothing_is_left() {
    let scratch = Scratch::new("taken");
    let mut ports = Ports::open(&scratch.path().join("ports"));
    let distribution = ports.of("rabbitmq-distribution", None).unwrap();
    let stranger = std::net::TcpListener::bind(("127.0.0.1", distribution)).unwrap();
    let refusal = Pair::start(scratch.path(), Durability::Careless).unwrap_err();
    assert!(
        matches!(refusal, EngineError::PortTaken { port, .. } if port == distribution),
        "{refusal}"
    );
    drop(stranger);
    assert!(Pair::stop_running(scratch.path()).is_empty());
}

#[test]
fn when_the_database_does_not_start_no_broker_is_left() {
    let scratch = Scratch::new("half");
    let data = scratch.path().join("postgres/data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "7\n").unwrap();
    let refusal = Pair::start(scratch.path(), Durability::Careless).unwrap_err();
    assert!(
        matches!(refusal, EngineError::OtherVersion { version: 7, .. }),
        "{refusal}"
    );
    assert!(Pair::stop_running(scratch.path()).is_empty());
}

#[test]
fn what_tests_work_with_comes_back_after_a_kill_and_is_forgotten_whole() {
    let scratch = Scratch::new("careless");
    let mut pair = Pair::start(scratch.path(), Durability::Careless).unwrap();
    pair.postgres.create_service("invitation").unwrap();
    pair.postgres.psql("create table kept ()").unwrap();
    let data = pair.postgres.psql("show data_directory").unwrap();
    kill(pair.postgres.running().id());
    eventually(|| pair.postgres.running().ended().is_some());

    let back = Pair::start(scratch.path(), Durability::Careless).unwrap();
    assert_eq!(back.postgres.psql("select count(*) from kept").unwrap(), "0");
    assert_eq!(back.postgres.psql("show data_directory").unwrap(), data);
    // Whoever does not know the password does not enter, however cheaply it is asked for.
    let url = back.postgres.superuser_url();
    let stranger = url
        .replacen("postgres:", "postgres:not", 1)
        .replacen("//postgres:not//", "//", 1);
    assert_ne!(stranger, url);
    let told = std::process::Command::new("psql")
        .args(["-X", "-w", "-c", "select 1", &stranger])
        .output()
        .unwrap();
    assert!(
        !told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );

    Pair::remove(scratch.path()).unwrap();
    assert!(!Path::new(&data).exists() && !scratch.path().exists());
    Pair::remove(scratch.path()).unwrap();
}

//! Several real services in the process of one test: they call each other, believe the same keys, and hear each other's
//! events.
//!
//! ```no_run
//! # use muster_clock::Clock;
//! # use muster_server::Service;
//! # use muster_testkit::TestSuite;
//! # async fn example<Organizations: Service, Employments: Service>() {
//! let suite = TestSuite::new(Clock::system()).await;
//! let organizations = suite.start::<Organizations>(&[]).await;
//! let employments = suite.start::<Employments>(&[]).await;
//! # }
//! ```

use std::ffi::OsString;
use std::sync::Arc;

use clap::{Args, Command};
use muster_clock::Clock;
use muster_identity::DEVELOPMENT_MARK;
use muster_server::Service;
use muster_server::settings::{Program, read};

use crate::address::Address;
use crate::{Callers, TestBroker, TestDatabase, TestService};

/// Who may be in a suite. Whom a service calls has an address from the beginning, whether it is ever started or not.
pub(crate) const SERVICES: [&str; 5] = [
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];
/// What links in mails begin with.
const PUBLIC_URL: &str = "https://muster.test";
/// 32 bytes in base64.
const KEY: &str = "AgEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// What the services of one test share.
#[derive(Debug)]
pub struct TestSuite {
    pub(crate) clock: Clock,
    pub(crate) broker: Arc<TestBroker>,
    pub(crate) callers: Arc<Callers>,
    addresses: [(&'static str, Arc<Address>); SERVICES.len()],
}

impl TestSuite {
    /// Fresh keys and a corner of the broker. The services and the tokens of their callers get their times from `clock`.
    pub async fn new(clock: Clock) -> Self {
        Self::on(TestBroker::new("test").await, clock)
    }

    /// For tests in which days go by, and which are not about what services show each other: that lasts. A token that was renewed is read
    /// within a second of the machine's clock, which none of them could see.
    pub async fn lasting(clock: Clock) -> Self {
        let callers = Callers::lasting(clock.clone());
        Self::with(TestBroker::new("test").await, callers, clock)
    }

    /// For tests in which no event has to be heard: services publish and consume nothing, and are not ready either.
    #[must_use]
    pub fn without_broker(clock: Clock) -> Self {
        Self::on(TestBroker::nowhere("test"), clock)
    }

    fn on(broker: TestBroker, clock: Clock) -> Self {
        Self::with(broker, Callers::new(clock.clone()), clock)
    }

    fn with(broker: TestBroker, callers: Callers, clock: Clock) -> Self {
        Self {
            broker: Arc::new(broker),
            callers: Arc::new(callers),
            addresses: SERVICES.map(|service| (service, Arc::new(Address::claim()))),
            clock,
        }
    }

    /// Starts `S`; it is ready when this returns. `flags` are those of its settings that a suite does not know, or
    /// knows otherwise: `("--smtp-url", "smtp://…")`.
    pub async fn start<S: Service>(&self, flags: &[(&str, &str)]) -> TestService {
        self.start_with::<S>(self.settings::<S>(flags)).await
    }

    /// Starts `S` with its own settings.
    pub async fn start_with<S: Service>(&self, own: S::Settings) -> TestService {
        let database = TestDatabase::new(&S::MIGRATOR, S::NAME).await;
        TestService::start_in::<S>(self, database, own).await
    }

    /// Where the service answers once it is started.
    #[must_use]
    pub fn url(&self, service: &str) -> String {
        self.address(service).url()
    }

    pub(crate) fn address(&self, service: &str) -> &Arc<Address> {
        let found = self.addresses.iter().find(|(name, _)| *name == service);
        &found.expect("no service of the suite").1
    }

    /// Settings of `S` in this suite, for a test that starts it elsewhere. Each service is told what it asks for: the
    /// addresses of those whom it calls, and keys.
    #[must_use]
    pub fn settings<S: Service>(&self, own: &[(&str, &str)]) -> S::Settings {
        let program = Program {
            name: S::NAME.to_owned(),
            about: String::new(),
            version: "",
            epilogue: "".into(),
        };
        read(&program, &self.flags::<S>(own)).expect("a test's settings are wrong")
    }

    /// The same as flags, for its program.
    pub(crate) fn flags<S: Service>(&self, own: &[(&str, &str)]) -> Vec<OsString> {
        let told = self.environment();
        let given = own.iter().map(|(flag, value)| (*flag, *value));
        let told = told.iter().map(|(flag, value)| (flag.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = given.chain(told).collect();
        let asked = S::Settings::augment_args(Command::new(S::NAME));
        let answer = |flag: String| {
            let (_, value) = all.iter().find(|(name, _)| *name == flag)?;
            Some(OsString::from(format!("{flag}={value}")))
        };
        let flags = asked.get_arguments().filter_map(|asked| asked.get_long());
        flags.filter_map(|flag| answer(format!("--{flag}"))).collect()
    }

    fn environment(&self) -> Vec<(String, String)> {
        let links = format!("development = true\ncurrent = \"k1\"\n[keys]\nk1 = \"{KEY}\"\n");
        let pages = format!("{DEVELOPMENT_MARK}\n{KEY}\n");
        let files = [("--link-keys", links.as_str()), ("--page-key", pages.as_str())];
        let files = files.map(|(flag, text)| (flag.to_owned(), self.callers.file(flag, text)));
        let addresses = self.addresses.iter();
        addresses
            .map(|(service, address)| (format!("--{service}-url"), address.url()))
            .chain(files)
            .chain([("--public-url".to_owned(), PUBLIC_URL.to_owned())])
            // Tests make numbers up.
            .chain([("--license-numbers".to_owned(), "none".to_owned())])
            .collect()
    }
}

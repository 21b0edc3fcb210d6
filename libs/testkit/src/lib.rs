//! What tests of services need: the real services in the process of the test, each with a database and all with a corner
//! of the broker, signed callers, and waiting for conditions.
//!
//! A service and its peers are started in a [`TestSuite`]; [`acts`] are what people do there before a test begins. What
//! knows no service takes a database and a corner of the broker alone:
//!
//! ```no_run
//! use muster_testkit::{TestBroker, TestDatabase, eventually};
//!
//! static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate::Migrator::DEFAULT;
//!
//! #[tokio::test(flavor = "multi_thread")]
//! async fn an_invitation_can_be_accepted() {
//!     let database = TestDatabase::new(&MIGRATOR, "invitation").await;
//!     let broker = TestBroker::new("invitation").await;
//!     // … start the service with `database.url()`, `broker.url()`, `broker.prefix()` …
//!     eventually(async || database.count("SELECT count(*) FROM outbox").await == 1).await;
//! }
//! ```
//!
//! # The engines
//!
//! `MUSTER_TEST_POSTGRES` and `MUSTER_TEST_AMQP` say where they are (`cargo dev test` sets both). Without them a pair
//! is started under `target/test-engines` and left running for the next test process;
//! `cargo dev test --stop` or [`stop_engines`] ends it.
//!
//! Everything here panics when it fails: it is for tests only.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a failure is the test's failure"
)]

pub mod acts;
mod address;
mod broker;
mod callers;
mod certified;
mod corpus;
mod database;
mod drops;
mod engines;
mod explained;
mod private_broker;
mod program;
mod publisher;
mod retrying_channel;
mod schema;
mod service;
mod settings;
mod signed;
mod suite;
mod timing;
mod waiting;
mod walking;
mod workbook;

pub use broker::TestBroker;
pub use callers::Callers;
pub use certified::{Certified, Mounted};
pub use corpus::corpus;
pub use database::TestDatabase;
pub use engines::{amqp_url, postgres_url, stop_engines};
pub use explained::explained;
pub use muster_effort as effort;
pub use private_broker::PrivateBroker;
pub use program::Program;
pub use publisher::{Outbox, Publisher};
pub use retrying_channel::RetryingChannel;
pub use service::{TestChannel, TestService};
pub use signed::{Signed, TestCaller};
pub use suite::TestSuite;
pub use timing::take_alike;
pub use waiting::{eventually, eventually_some};
pub use walking::walk;
pub use workbook::SavedWorkbook;

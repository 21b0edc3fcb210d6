//! What has happened, from the transaction of the fact to the transactions that follow from it.
//!
//! - [`topology`]: the one table of events, exchange, queues and bindings.
//! - [`outbox`]: [`outbox::append`] writes the event row in the transaction of the fact.
//! - [`relay`]: publishes outbox rows; only a confirmed and routed message is marked.
//! - [`consumer`]: takes messages, does a [`Handler`]'s work once per event (inbox), acks after the commit.
//! - [`parked`]: messages that could not be handled: list, retry, purge.
//!
//! ```no_run
//! # use muster_messaging::{Handler, HandlingError, Received, Broker, BrokerOptions, consumer, topology};
//! # use muster_database::Database;
//! # use tokio_util::sync::CancellationToken;
//! struct Welcome;
//!
//! #[async_trait::async_trait]
//! impl Handler for Welcome {
//!     type Prepared = ();
//!     async fn apply(
//!         &self, tx: &mut sqlx::PgConnection, event: &Received, _: (),
//!     ) -> Result<(), HandlingError> {
//!         // Everything done on `tx` commits together with the inbox row.
//!         Ok(())
//!     }
//! }
//!
//! # async fn example(db: Database, broker: Broker, shutdown: CancellationToken) {
//! consumer::run(db, broker, &topology::EMPLOYMENT, Welcome, shutdown).await;
//! # }
//! ```
//!
//! Delivery is at least once on the wire and once in effect: the inbox row and the work commit together.

mod backoff;
mod broker;
pub mod consumer;
mod envelope;
mod handler;
mod inbox;
mod measures;
pub mod outbox;
pub mod parked;
pub mod relay;
mod spans;
mod sweep;
pub mod topology;

pub use broker::{Broker, BrokerError, BrokerOptions};
pub use envelope::{EnvelopeProblem, Received};
pub use handler::{Handler, HandlingError};
pub use topology::{Event, EventType, QueueSpec};

/// The table `outbox`, for a service's first migration.
pub const OUTBOX_SQL: &str = include_str!("../sql/outbox.sql");
/// The table `inbox`, for a service's first migration.
pub const INBOX_SQL: &str = include_str!("../sql/inbox.sql");

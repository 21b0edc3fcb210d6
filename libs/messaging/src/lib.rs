//! What has happened, from the transaction of the fact to the transactions that follow from it.
//!
//! - [`topology`]: the one table of events, exchange, queues and bindings.
//! - [`outbox`]: [`outbox::append`] writes the event row in the transaction of the fact.
//! - [`relay`]: publishes outbox rows; only a confirmed and routed message is marked.
//! - [`consumer`]: takes messages, does the work of a [`Handler`] once per event (inbox), acks after the commit.
//! - [`sweep`]: deletes what nobody needs any more.
//! - [`EmploymentHandler`]: one piece of work for all events of an employment.
//! - [`parked`]: messages that could not be handled: list, retry, purge.
//!
//! ```no_run
//! # use muster_messaging::{Broker, Handler, Handlers, HandlingError, Received, consumer, topology};
//! # use muster_proto::invitation::v1::InvitationAcceptedEvent;
//! # use muster_database::Database;
//! # use tokio_util::sync::CancellationToken;
//! struct Welcome;
//!
//! #[async_trait::async_trait]
//! impl Handler for Welcome {
//!     type Event = InvitationAcceptedEvent;
//!     type Prepared = ();
//!     async fn prepare(&self, event: &Received, message: InvitationAcceptedEvent) -> Result<(), HandlingError> {
//!         // Reads the message and asks others: no transaction is open yet.
//!         Ok(())
//!     }
//!     async fn apply(
//!         &self, tx: &mut sqlx::PgConnection, event: &Received, _: (),
//!     ) -> Result<(), HandlingError> {
//!         // Everything done on `tx` commits together with the inbox row.
//!         Ok(())
//!     }
//! }
//!
//! # async fn example(db: Database, broker: Broker, clock: muster_clock::Clock, shutdown: CancellationToken) {
//! let handlers = Handlers::of(&topology::EMPLOYMENT).on(Welcome);
//! consumer::run(db, broker, handlers, clock, shutdown).await;
//! # }
//! ```
//!
//! Delivery is at least once on the wire and once in effect: the inbox row and the work commit together.

mod backoff;
mod broker;
pub mod consumer;
mod employments;
mod envelope;
mod handler;
mod handlers;
mod inbox;
mod measures;
pub mod outbox;
pub mod parked;
pub mod relay;
mod spans;
pub mod sweep;
mod timestamp;
pub mod topology;

pub use broker::{Broker, BrokerError, BrokerOptions, TopologyBy};
pub use employments::{ClaimedConsent, EmploymentEvent, EmploymentFacts, EmploymentHandler, EmploymentWork};
pub use envelope::{EnvelopeProblem, Received};
pub use handler::{Handler, HandlingError};
pub use handlers::{Handlers, UnhandledBinding};
pub use topology::{Event, EventType, QueueSpec};

use std::sync::LazyLock;

use muster_database::of_library;
use sqlx::migrate::Migrator;

/// The tables `outbox` and `inbox`, with versions of their own.
pub static MIGRATOR: LazyLock<Migrator> =
    LazyLock::new(|| of_library(sqlx::migrate!(), "_messaging_migrations"));

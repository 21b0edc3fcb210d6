//! The notification service: messages to people, and the truth about what became of them.
//!
//! An event asks for a mail and becomes a delivery ([`ops::delivery::request`]). The worker ([`worker`]) leases what is due,
//! asks the source of the mail whether it is still wanted and what it says ([`sources`]), puts it into words ([`mails`]),
//! hands it to the mail server ([`smtp`]), and writes down and publishes what became of it ([`ops::delivery::settle`]). What comes back
//! later is told by reports ([`bounces`]).
//!
//! - [`domain`]: what a delivery is, what may become of it, when it is tried again, how the message reads.
//! - [`ops`]: the verbs. [`store`]: the SQL. `rpc`: who asks about deliveries. `events`: what is consumed and published.
//! - [`context`]: what all of them stand on. `app`: the only wiring. [`Settings`]: what the service is told.
//!
//! Three things keep a message from being lost or doubled. A **lease** with a token: whoever lost it can neither write
//! the final dot nor an outcome. The **phase**: written down before the final dot, so that after a crash it is known
//! whether the message may have been taken. And **what is kept** of a message (Message-ID, date, boundary, version of
//! the words), so that the one resend of a message that may have been taken has the same bytes.

mod app;
pub mod bounces;
mod config;
pub mod context;
pub mod domain;
mod events;
pub mod mails;
mod measures;
pub mod ops;
mod rpc;
pub mod smtp;
pub mod sources;
mod spans;
pub mod store;
pub mod worker;

pub use app::NotificationService;
pub use config::{BounceSettings, Settings};

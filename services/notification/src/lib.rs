//! The notification service: messages to people, and the truth about what became of them.
//!
//! An event asks for a mail ([`events`]) and becomes a delivery ([`ops::queue`]). The worker ([`worker`]) leases what is
//! due, asks the owner of the thing whether the mail is still wanted and what it says ([`sources`]), puts it into words ([`mails`]), hands it to the mail
//! server ([`smtp`]) and writes down and tells what became of it ([`ops::settle`]).
//!
//! - [`domain`]: what a delivery is, what may become of it, when it is tried again, how the message reads.
//! - [`ops`]: the verbs. [`store`]: the SQL. [`rpc`]: who asks about deliveries.
//! - [`app`]: the only wiring. [`Settings`]: what the service is told.
//!
//! Three things keep a message from being lost or doubled. A **lease** with a token: whoever lost it can neither write
//! the final dot nor an outcome. The **phase**: written down before the final dot, so that after a crash it is known
//! whether the message may have been taken. And **what is kept** of a message (Message-ID, date, boundary, version of
//! the words), so that the one resend of a message that may have been taken has the same bytes.

pub mod app;
mod config;
pub mod domain;
pub mod events;
pub mod mails;
mod measures;
pub mod ops;
pub mod rpc;
pub mod smtp;
pub mod sources;
mod spans;
pub mod store;
pub mod worker;

pub use app::NotificationService;
pub use config::Settings;

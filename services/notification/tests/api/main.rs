//! The notification service against a real database, a real broker, the real invitation service, and a mail server that
//! breaks where it is told to.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failure in a helper is the failure of its test"
)]

mod again;
mod ahead;
mod certified;
mod crashes;
mod deliveries;
mod encrypted;
mod kills;
mod logins;
mod mail_source;
mod newer;
mod owner;
mod phases;
mod plans;
mod postfix;
mod process;
mod replies;
mod requests;
mod schema;
mod sending;
mod service;
mod several;
mod smtp_server;
mod wording;
mod world;

//! The notification service against a real database, a real broker, the real invitation service, and a mail server that
//! breaks where it is told to.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failure in a helper is the failure of its test"
)]

mod access_requested;
mod again;
mod ahead;
mod bounces;
mod certified;
mod crashes;
mod deliveries;
mod dkim;
mod employment_to_verify;
mod encrypted;
mod fixture;
mod kills;
mod lmtp;
mod logins;
mod mail_source;
mod newer;
mod not_before;
mod phases;
mod postfix;
mod prefetch;
mod process;
mod query_plans;
mod replies;
mod requests;
mod schema;
mod sending;
mod service;
mod several;
mod smtp_server;
mod source;
mod suspended;
mod taken_back;
mod together;
mod wording;

//! The database room on a real Postgres.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod actors;
mod cancelled;
mod deadlines;
mod first;
mod idempotent;
mod least_rights;
mod migrations;
mod presence;
mod support;
mod wakes;

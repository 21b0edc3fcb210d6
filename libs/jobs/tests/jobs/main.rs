//! Jobs on a real Postgres.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod batch;
mod letters;
mod periodic;
mod process;
mod queue;

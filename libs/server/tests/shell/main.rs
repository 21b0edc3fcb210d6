//! The server shell, with a small service on real engines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod callers;
mod drain;
mod health;
mod limits;
mod malformed;
mod peers;
mod small;
mod surroundings;
mod tls;

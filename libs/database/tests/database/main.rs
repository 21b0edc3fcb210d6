//! The database room on a real Postgres.

mod cancelled;
mod deadlines;
mod idempotent;
mod migrations;
mod support;

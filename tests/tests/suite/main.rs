//! The suite from outside: real processes started as a developer starts them, real engines, a real browser.
//!
//! `cargo dev test` starts the suite and says where it is in `MUSTER_TEST_SUITE`; to run these tests against one of your
//! own: `cargo dev --dir /tmp/muster up --detach`, then `MUSTER_TEST_SUITE=/tmp/muster cargo test -p muster-tests`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end by panicking"
)]

mod access;
mod accessible;
mod alike;
mod away;
mod bad_input;
mod bad_sheets;
mod bounces;
mod closing;
mod consent;
mod dialects;
mod direct;
mod ending;
mod every_rpc;
mod first_steps;
mod forged;
mod hosts;
mod keyboard;
mod kills;
mod loading;
mod names;
mod origins;
mod outcomes;
mod page_tokens;
mod pages;
mod pictures;
mod policies;
mod profile_users;
mod prove;
mod races;
mod refusals;
mod scanners;
mod schemas;
mod secrets;
mod states;
mod story;
mod support;
mod suspending;
mod traces;
mod trainings;

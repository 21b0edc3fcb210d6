//! The invitation service, driven from outside: real server, real database, real broker where it matters, and the real
//! organization service beside it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accept;
mod applying;
mod batch;
mod cancel;
mod check;
mod closed;
mod corpus;
mod counts;
mod create;
mod decline;
mod files;
mod fixture;
mod imports;
mod join_requests;
mod joining;
mod killed;
mod languages;
mod leaving;
mod list;
mod mail;
mod mailbox;
mod many;
mod merging;
mod model;
mod opt_outs;
mod own;
mod plans;
mod previews;
mod races;
mod refusals;
mod repeats;
mod replicas;
mod resend;
mod retention;
mod scheduled;
mod shares;
mod spreadsheets;
mod tenants;
mod together;
mod traces;
mod turns;
mod upload;
mod uploads;
mod worker;

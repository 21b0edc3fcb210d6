//! The employment service: who works where, in which groups, and whether the organization has confirmed it.
//!
//! An employment begins when an invitation is accepted or a profile is approved; organization and records hear of it by
//! `employment.verified`.
//!
//! - `config`: its settings.
//! - `app`: the only wiring.
//! - `context`: what every verb stands on: database, clock, peers, keys.
//! - `rpc`: gRPC; each method parses, calls and maps.
//! - `ops`: one verb a file.
//! - `domain`: employments, and the rule by which one begins: pure.
//! - `store`: SQL, as functions on a connection.
//! - `events`: what it publishes (`employment.verified`, `employment.ended`, `mail.requested`) and consumes (`invitation.accepted`, `organization.approved`).
//! - `links`: where mails send people.
//! - `peers`: organization and invitation, asked before an employment begins and before a mail is sent.
//! - `error`: everything that keeps it from doing what it is asked.

mod app;
mod config;
mod context;
mod domain;
mod error;
mod events;
mod links;
mod ops;
mod peers;
mod rpc;
mod store;

pub use app::EmploymentService;
pub use config::Settings;

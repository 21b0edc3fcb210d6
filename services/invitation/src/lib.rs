//! Invitations: addresses asked to join an organization, by hand or by spreadsheet, until somebody accepts.
//!
//! - `rpc`: the contract's services: parse, call, map. `config`, `app`: settings and the only wiring.
//! - `ops`: the verbs. Of an `invitation`: `create` (and `invite` inside a transaction), scheduled mails (`send_due`),
//!   reports of the mail worker (`report_delivery`) and its question (`get_mail`). Of an `import`: `upload`, `approve`,
//!   `disapprove`, and the `worker` that applies them. Of a `link`: `lookup` and `accept`. Of a `join_request`: `ask` and
//!   `verify`. Of a `learner`: `employ`, where an employment stands.
//! - `domain`: states and their transitions, links, spreadsheets and their preview: pure.
//! - `store`: SQL, as functions on a connection.
//! - `convert`: from the domain to the contract, for answers and events.
//! - `events`: what is published and consumed. `organization`, `employees`: the services that are asked. `uploads`: how
//!   much is uploaded at the same time. `watching`: who watches. `context`: what every verb works with.

mod app;
mod config;
mod context;
mod convert;
mod domain;
mod employees;
mod error;
mod events;
mod mails;
#[cfg(test)]
mod memory;
mod ops;
mod organization;
mod rpc;
mod store;
mod uploads;
mod watching;

pub use app::InvitationApp;
pub use config::{LinkKeyRing, Settings};

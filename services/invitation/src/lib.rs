//! Invitations: addresses asked to join an organization, by hand or by spreadsheet, until somebody accepts.
//!
//! - `rpc`: the contract's services: parse, call, map. `config`, `app`: settings and the only wiring.
//! - `ops`: the verbs. Inviting (`create`, and `invite` inside a transaction), `lookup` and `accept` by link, the mail
//!   worker's question (`get_mail`), scheduled mails (`send_due`); `upload`, `approve` and `disapprove` of imports,
//!   and the worker that applies them (`work`, `apply`).
//! - `domain`: states, links, spreadsheets and their preview: pure.
//! - `store`: SQL, as functions on a connection.
//! - `convert`: from the domain to the contract, for answers and events.
//! - `events`: what is published and consumed. `organization`: the one service that is asked. `uploads`: how
//!   much is uploaded at the same time.

mod app;
mod config;
mod convert;
mod domain;
mod error;
mod events;
mod ops;
mod organization;
mod parts;
mod rpc;
mod store;
mod uploads;

pub use app::InvitationApp;
pub use config::{LinkKeyRing, Settings};

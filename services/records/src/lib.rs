//! The records service: the catalog of trainings, who must take which, the proofs, and who may read of it.
//!
//! Two scopes are never mixed: an organization sees its own assignments while the learner is employed; everything else
//! only with the learner's consent, and every such reading is logged for the learner to see.
//!
//! - `config`: its settings.
//! - `app`: the only wiring.
//! - `context`: what every verb stands on: database, clock, peers, keys.
//! - `rpc`: gRPC; each method parses, calls and answers.
//! - `ops`: one verb a file.
//! - `domain`: trainings, assignments, certificates, consent: pure.
//! - `store`: SQL, as functions on a connection.
//! - `events`: what it consumes (of employments and groups); it publishes nothing yet.
//! - `peers`: organization, asked for the trainings of groups, and employment, asked for what no event has told.
//! - `error`: everything that keeps it from doing what it is asked.

mod app;
mod config;
mod context;
mod domain;
mod error;
mod events;
mod ops;
mod peers;
mod rpc;
mod store;

pub use app::RecordsService;
pub use config::Settings;

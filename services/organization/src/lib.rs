//! The organization service: profiles, and what belongs to them.
//!
//! It owns profiles with their licenses and their way to approval, locations, groups with the trainings that they
//! require, the organization's own catalog, subscriptions, the settings of join pages, and who administers it all. It tells the edge who has which role.
//!
//! - `config`: its settings.
//! - `app`: the only wiring.
//! - `context`: what every verb and every handler stands on.
//! - `rpc`: gRPC; each method parses, calls and answers.
//! - `ops`: one verb a file, in the transaction that it is given.
//! - `domain`: profiles, licenses, names, plans: pure.
//! - `store`: SQL, as functions on a connection.
//! - `events`: what it publishes (`organization.approved`) and what it consumes (employments, from which access comes).
//! - `employments`: the employment service, asked for a verification that no event has told of yet, and how many are placed somewhere.
//! - `invitations`: the invitation service, asked how many are invited somewhere.
//! - `profiles`: profiles that are asked for at the same time, found by one statement.
//! - `shared_catalog`: the records service, asked whether a training exists.
//! - `error`: everything that keeps it from doing what it is asked.

mod app;
mod config;
mod context;
mod domain;
mod employments;
mod error;
mod events;
mod invitations;
mod ops;
mod profiles;
mod rpc;
mod shared_catalog;
mod store;

pub use app::OrganizationService;
pub use config::{BasicPlan, Settings};
pub use domain::{LicenseRules, ReviewDays};

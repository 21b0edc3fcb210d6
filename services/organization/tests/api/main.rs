//! The organization service as its callers see it: the real server, a real database, a real broker.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure in a helper is the failure of its test"
)]

mod access_mails;
mod access_requests;
mod addresses;
mod approval;
mod callers;
mod catalog;
mod closing;
mod decisions;
mod director;
mod employed;
mod employments;
mod fixture;
mod groups;
mod history;
mod inactive;
mod inviting;
mod join_pages;
mod license_numbers;
mod license_statuses;
mod licenses;
mod locations;
mod logos;
mod model;
mod neighbours;
mod own_profiles;
mod ownership;
mod person_organizations;
mod profile_model;
mod profile_users;
mod profiles;
mod programme_loads;
mod races;
mod records;
mod refused;
mod registry;
mod repeated;
mod reviews;
mod roles;
mod schema;
mod sessions;
mod setup;
mod staff_reads;
mod submissions;
mod subscriptions;
mod suspensions;
mod timers;
mod types;
mod updates;
mod walking;

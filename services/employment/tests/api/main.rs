//! The employment service as others see it: the real server, a real database, a real broker, and the real organization
//! and invitation services beside it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure is the test's failure"
)]

mod accepted;
mod access;
mod approved;
mod batch;
mod claim;
mod closed;
mod consented;
mod correct;
mod days;
mod end;
mod fixture;
mod history;
mod imported;
mod internal;
mod last_days;
mod model;
mod organization_view;
mod parked;
mod person_view;
mod placing;
mod positions;
mod races;
mod reject;
mod reminding;
mod returning;
mod schema;
mod tab;
mod timers;
mod twins;
mod unchanged;
mod verification_notices;
mod verify;
mod verify_owner;
mod vouching;
mod walking;
mod withdraw;

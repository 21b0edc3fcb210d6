//! Messages between two databases through a real broker, with everything going wrong in between.
#![expect(
    clippy::unwrap_used,
    reason = "a failure in a helper is the failure of its test"
)]

mod age;
mod broker_away;
mod crash;
mod database_away;
mod encrypted;
mod fixture;
mod inbox;
mod least_rights;
mod loss;
mod order;
mod outbox;
mod parked;
mod proxy;
mod shutdown;
mod traces;
mod unroutable;
mod upgrade;

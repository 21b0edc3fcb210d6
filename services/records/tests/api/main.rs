//! The records service as others see it: the real server, a real database, a real broker, and the real organization,
//! employment and invitation services beside it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failure is the test's failure"
)]

mod archived;
mod assigned;
mod bounds;
mod by_hand;
mod catalog;
mod claimed;
mod consent;
mod exports;
mod fixture;
mod gate;
mod history;
mod hours;
mod issued;
mod learning_record;
mod organization_view;
mod outlives;
mod people;
mod person_view;
mod progress;
mod progress_report;
mod requests;
mod required;
mod returns;
mod schema;
mod staff_report;
mod strays;
mod terms;
mod timers;
mod transfers;
mod twins;
mod walking;

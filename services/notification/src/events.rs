//! What has happened: what this service hears of, and what it tells.
//!
//! - heard: `invitation.mail_requested` becomes a delivery ([`MailRequests`]).
//! - told: `delivery.sent`, `.uncertain`, `.deferred`, `.failed`, `.dropped`, in the transaction of the outcome
//!   ([`tell`]).

mod heard;
mod told;

pub use heard::MailRequests;
pub use told::{Tale, tell};

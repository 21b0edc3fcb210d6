//! What this service consumes and publishes.
//!
//! - consumed: `mail.requested` becomes a delivery ([`MailRequested`]).
//! - published: `delivery.changed`, in the transaction of the outcome ([`publish`]).

mod consumed;
mod published;

pub use consumed::MailRequested;
pub use published::{DeliveryOutcome, publish};

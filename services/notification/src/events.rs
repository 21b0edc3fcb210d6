//! What this service consumes and publishes.
//!
//! - consumed: `mail.requested` becomes a delivery ([`MailRequested`]).
//! - published: `delivery.changed`, in the statement of the outcome ([`deliveries_changed`]), and in the transaction of a report that the
//!   message came back ([`delivery_bounced`]).

mod delivery_changed;
mod mail_requested;

pub(crate) use delivery_changed::{deliveries_changed, delivery_bounced};
pub(crate) use mail_requested::MailRequested;

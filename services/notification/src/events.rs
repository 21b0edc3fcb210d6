//! What this service consumes and publishes.
//!
//! - consumed: `mail.requested` becomes a delivery ([`MailRequested`]).
//! - published: `delivery.changed`, in the statement of the outcome ([`deliveries_changed`]).

mod delivery_changed;
mod mail_requested;

pub(crate) use delivery_changed::deliveries_changed;
pub(crate) use mail_requested::MailRequested;

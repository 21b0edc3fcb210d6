//! What an organization does with its invitations.

pub(crate) mod archive;
pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod fold_counts;
pub(crate) mod invite;
pub(crate) mod listed;
pub(crate) mod mailbox;
mod messages;
pub(crate) mod report_delivery;
pub(crate) mod reschedule;
pub(crate) mod resend;
pub(crate) mod restore;
pub(crate) mod send_due;

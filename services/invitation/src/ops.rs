//! The verbs: one a file, each with its own transaction.

pub(crate) mod accept;
pub(crate) mod apply;
pub(crate) mod approve;
pub(crate) mod create;
pub(crate) mod disapprove;
pub(crate) mod get_mail;
mod invite;
pub(crate) mod lookup;
mod open;
pub(crate) mod preview;
pub(crate) mod send_due;
pub(crate) mod upload;
pub(crate) mod work;

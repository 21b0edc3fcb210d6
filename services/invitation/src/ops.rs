//! The verbs: one a file, each with its own transaction.

pub(crate) mod acceptance_notice;
mod at;
pub(crate) mod closing;
pub(crate) mod get_mail;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod join_request;
pub(crate) mod learner;
pub(crate) mod link;
pub(crate) mod opt_out;
pub(crate) mod watch;

pub(crate) use at::At;

//! What an invitation, a link and a spreadsheet are: pure, without a network, a database or a clock.

pub(crate) mod acceptance_notice;
pub(crate) mod announcement;
pub(crate) mod fault;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod inviting;
pub(crate) mod join_request;
pub(crate) mod learner;
pub(crate) mod link;
pub(crate) mod mailbox;
pub(crate) mod opt_out;
pub(crate) mod preview;
pub(crate) mod problem;
pub(crate) mod spreadsheet;

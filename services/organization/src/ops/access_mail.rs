//! Mails about access.

pub(crate) mod get_mail;
pub(crate) mod notify;
pub(crate) mod remind;

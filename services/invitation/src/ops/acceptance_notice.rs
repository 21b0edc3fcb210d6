//! The organization is told that somebody could not accept.

pub(crate) mod get_mail;
pub(crate) mod tell;

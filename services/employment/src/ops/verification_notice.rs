//! Verbs on what administrators are mailed about people who wait to be verified.

pub(crate) mod ask;
pub(crate) mod get_mail;

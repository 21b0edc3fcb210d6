//! Verbs of certificates.

pub(crate) mod name;
pub(crate) mod name_certificates;

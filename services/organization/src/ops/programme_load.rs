//! Verbs on loads of licensed programmes.

pub(crate) mod begin;
pub(crate) mod take;

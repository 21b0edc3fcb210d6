//! Verbs on subscriptions.

pub(crate) mod activate;

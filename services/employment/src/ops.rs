//! What the service does, one verb a file: `prepare` asks others (no transaction is open), `apply` writes.

pub(crate) mod closing;
pub(crate) mod employment;
pub(crate) mod verification_notice;

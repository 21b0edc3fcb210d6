//! What the service does, one verb a file.

mod employ;

pub(crate) use employ::employ;

//! SQL, as functions on a connection. Every statement names the organization or the person; rows are parsed, not
//! trusted.

pub(crate) mod employment;

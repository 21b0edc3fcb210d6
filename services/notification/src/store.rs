//! The SQL, as functions on a connection. Rows are parsed, not trusted. Time is always an argument.

pub mod delivery;

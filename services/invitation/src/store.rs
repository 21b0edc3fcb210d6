//! SQL, as functions on a connection. Every statement names the organization; rows are parsed, not trusted.

pub(crate) mod closing;
pub(crate) mod import;
pub(crate) mod invitation;
pub(crate) mod join_request;
pub(crate) mod opt_out;
pub(crate) mod quota;
#[cfg(test)]
mod tests;
mod words;

/// A stored value that cannot stand beside the others of its row.
fn inconsistent(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} holds a value that does not fit the others").into())
}

//! SQL, as functions on a connection. Every statement names the organization; rows are parsed, not trusted.

pub(crate) mod deliveries;
pub(crate) mod due;
pub(crate) mod import_results;
pub(crate) mod import_rows;
pub(crate) mod import_work;
pub(crate) mod imports;
pub(crate) mod invitations;
pub(crate) mod list;
pub(crate) mod messages;
mod rows;
#[cfg(test)]
mod tests;

use muster_database::DatabaseError;

/// A stored value that the code does not know.
fn unknown(column: &str) -> DatabaseError {
    DatabaseError::Inconsistent(format!("column {column} holds a value that is not known"))
}

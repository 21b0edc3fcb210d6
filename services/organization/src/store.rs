//! The service's tables. Statements are functions on a connection, so that the caller decides on the transaction; rows
//! are parsed, not trusted; every statement on a tenant's rows names the organization.

pub(crate) mod catalog;
pub(crate) mod employments;
pub(crate) mod groups;
pub(crate) mod locations;
pub(crate) mod organizations;
pub(crate) mod staff_acts;
pub(crate) mod subscriptions;

use muster_database::DatabaseError;

/// A stored value that the code cannot have written. `what` names the column, never the value.
fn stored<T>(what: &str, parsed: Option<T>) -> Result<T, DatabaseError> {
    parsed.ok_or_else(|| DatabaseError::Inconsistent(what.to_owned()))
}

/// Takes the answer of a guarded statement: exactly one row was there to be changed.
fn guarded(rows: u64) -> Result<(), DatabaseError> {
    stored(
        "a row that is locked changed under the lock",
        (rows == 1).then_some(()),
    )
}

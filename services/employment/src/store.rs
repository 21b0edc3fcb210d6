//! SQL, as functions on a connection. Every statement names the organization or the person; rows are parsed, not
//! trusted.

pub(crate) mod closing;
pub(crate) mod employment;
pub(crate) mod verification_notice;

use muster_database::DatabaseError;
use sqlx::postgres::PgQueryResult;

/// A guarded UPDATE: exactly one row was there to be changed.
fn guarded(done: PgQueryResult) -> Result<(), DatabaseError> {
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        let text = "a row that is locked changed under the lock";
        Err(DatabaseError::Inconsistent(text.to_owned()))
    }
}

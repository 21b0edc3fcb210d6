//! SQL, as functions on a connection. Every statement on what belongs to somebody names the person or the organization;
//! rows are parsed, not trusted.

pub(crate) mod assignment;
pub(crate) mod certificate;
pub(crate) mod employment_projection;
pub(crate) mod grant;
pub(crate) mod group_projection;
pub(crate) mod learning_record;
pub(crate) mod progress;
pub(crate) mod progress_transfer;
pub(crate) mod record_access;
pub(crate) mod staff_report;
pub(crate) mod stray;
pub(crate) mod training;

use muster_database::DatabaseError;

/// Rows that were changed of one that is locked.
fn changed_one(rows: u64) -> Result<(), DatabaseError> {
    if rows == 1 {
        Ok(())
    } else {
        let text = "a locked row changed under the lock";
        Err(DatabaseError::Inconsistent(text.to_owned()))
    }
}

//! SQL, as functions on a connection. Every statement on what belongs to somebody names the person or the organization;
//! rows are parsed, not trusted.

pub(crate) mod accesses;
pub(crate) mod assignments;
pub(crate) mod certificates;
pub(crate) mod grants;
pub(crate) mod projection;
pub(crate) mod trainings;

use muster_database::DatabaseError;
use uuid::Uuid;

/// Where a list of things goes on that are ordered by their ids, newest first: below this one; `None` from the newest.
pub(crate) type Before = Option<Uuid>;

fn inconsistent(text: &str) -> DatabaseError {
    DatabaseError::Inconsistent(text.to_owned())
}

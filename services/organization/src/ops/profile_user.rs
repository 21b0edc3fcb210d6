//! Verbs on profile users. Whoever decides about them takes the lock of the profile first, then those of the person's employment
//! and access, which news of an employment changes without the profile's.

pub(crate) mod count_strays;
pub(crate) mod create;
pub(crate) mod follow_employment;
pub(crate) mod know;
pub(crate) mod remove;
pub(crate) mod update;

use time::OffsetDateTime;

use crate::domain::End;
use crate::error::Error;

/// Looked at by the verb, not before: a repeated request gets its answer also after the end.
fn require_future(end: Option<End>, now: OffsetDateTime) -> Result<(), Error> {
    if end.is_some_and(|end| end.is_over(now)) {
        Err(Error::EndsInThePast)
    } else {
        Ok(())
    }
}

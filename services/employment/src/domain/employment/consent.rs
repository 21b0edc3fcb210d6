//! The consent that a person gives with their claim.

use muster_ids::GrantId;
use time::OffsetDateTime;

/// What the person agrees to: that the organization may read their learning record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// When it is to end by itself; `None`: never.
    pub(crate) expire_time: Option<OffsetDateTime>,
    /// Which words they agree to, as the program that showed them calls them; may be empty.
    pub(crate) wording: String,
}

/// A consent that was given with a claim. The records make a grant of it, which has its own life: nothing here says whether it is still
/// in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    /// The grant that it becomes.
    pub(crate) grant: GrantId,
    pub(crate) time: OffsetDateTime,
    pub(crate) terms: Terms,
}

//! A thing as it is at a time: states of invitations and imports run out, so that an answer needs both.

use time::OffsetDateTime;

/// What a verb made, found or left as it was, and the time at which it is looked at.
#[derive(Debug)]
pub(crate) struct At<T> {
    pub(crate) thing: T,
    pub(crate) time: OffsetDateTime,
}

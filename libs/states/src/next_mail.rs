//! When somebody who is told of many things hears of the next.

use std::time::Duration;

use time::OffsetDateTime;

/// When the mail is to be sent that tells somebody of one more thing of a kind, if the latest such mail was, or is, to be sent then: at once,
/// or when the interval that it began is over. Not merely none within that: nobody would be told of what comes after the latest was read.
/// `None` when that one is still to be sent: it tells of all.
#[must_use]
pub fn next_mail(
    latest: Option<OffsetDateTime>,
    now: OffsetDateTime,
    interval: Duration,
) -> Option<OffsetDateTime> {
    match latest {
        Some(planned) if planned > now => None,
        Some(latest) => Some(now.max(latest + interval)),
        None => Some(now),
    }
}

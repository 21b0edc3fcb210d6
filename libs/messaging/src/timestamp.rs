//! When a message was published, in the property that AMQP has for that, and so how old it is.
//!
//! The property tells whole seconds, and every tool shows it. Fractions would tell of clocks rather than of queues: who publishes and who
//! takes have one each, which may be two seconds apart before anybody is told. Both ends are cut to the second alike, so what is too much
//! of one message is too little of another, and means are right.

use std::time::Duration;

use lapin::BasicProperties;
use time::OffsetDateTime;

/// The properties of a message that is published `now`.
pub(crate) fn stamped(properties: BasicProperties, now: OffsetDateTime) -> BasicProperties {
    properties.with_timestamp(seconds(now))
}

/// How long ago a message was published, to the second; nothing where that is still to come by the clock that `now` is of. `None`
/// where it does not say: an earlier release has published it.
pub(crate) fn age(properties: &BasicProperties, now: OffsetDateTime) -> Option<Duration> {
    let published = (*properties.timestamp())?;
    Some(Duration::from_secs(seconds(now).saturating_sub(published)))
}

/// Since 1970, before which nothing is published.
fn seconds(at: OffsetDateTime) -> u64 {
    u64::try_from(at.unix_timestamp()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const PUBLISHED: OffsetDateTime = datetime!(2026-03-01 12:00:00.9 UTC);

    #[test]
    fn a_message_is_as_old_as_whole_seconds_have_passed() {
        let message = stamped(BasicProperties::default(), PUBLISHED);
        for (now, seconds) in [
            (PUBLISHED, 0),
            (datetime!(2026-03-01 12:00:01.1 UTC), 1),
            (datetime!(2026-03-01 12:01 UTC), 60),
            // The clock of who takes it is behind.
            (datetime!(2026-03-01 11:59:58 UTC), 0),
        ] {
            assert_eq!(age(&message, now), Some(Duration::from_secs(seconds)), "{now}");
        }
    }

    #[test]
    fn what_was_published_last_counts_and_what_does_not_say_has_no_age() {
        let again = stamped(
            stamped(BasicProperties::default(), PUBLISHED),
            datetime!(2026-03-01 13:00 UTC),
        );
        let now = datetime!(2026-03-01 13:00:02 UTC);
        assert_eq!(age(&again, now), Some(Duration::from_secs(2)));
        assert_eq!(age(&BasicProperties::default(), now), None);
    }
}

//! When to try again.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// After the mail server asked to come back later (4xx); the last one repeats.
const DEFERRED: [u64; 7] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
];
/// After the mail server could not be reached or hung up too early: that is mostly a restart, and soon over.
const BROKEN: [u64; 5] = [5, 15, 30, MINUTE, 5 * MINUTE];
/// After the source of a message answered and had none to give, which may be a suspended organization.
const UNASKED: [u64; 5] = [5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE];
/// After its source did not answer: the worker spares the source, and the message only lets others go first.
const SOURCE_AWAY: u64 = 1;
/// A message is not tried for longer than this (RFC 5321, section 4.5.4.1 asks for days).
const PATIENCE: Duration = Duration::from_secs(72 * HOUR);

/// Spreads delays by ±20 %, so that what was deferred together does not come back together.
#[derive(Debug, Clone, Copy)]
pub struct Jitter(f64);

impl Jitter {
    /// Takes the random bits of a fresh UUIDv7 (RFC 9562: the last 62 bits).
    #[must_use]
    pub fn of(uuid: Uuid) -> Self {
        let random = u32::try_from(uuid.as_u128() & u128::from(u32::MAX)).unwrap_or_default();
        Self(0.8 + 0.4 * f64::from(random) / f64::from(u32::MAX))
    }

    /// Spreads nothing.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(1.0)
    }

    pub(super) fn spread(self, delay: Duration) -> Duration {
        delay.mul_f64(self.0)
    }
}

/// When to come back after the mail server asked to, for the `nth` time (from 0).
pub(super) fn after_deferral(nth: i32, now: OffsetDateTime, jitter: Jitter) -> OffsetDateTime {
    now + jitter.spread(delay(&DEFERRED, nth))
}

/// When to come back after the connection failed for the `nth` time (from 0).
pub(super) fn after_break(nth: i32, now: OffsetDateTime, jitter: Jitter) -> OffsetDateTime {
    now + jitter.spread(delay(&BROKEN, nth))
}

/// When to come back after its source did not answer.
pub(super) fn after_source_away(now: OffsetDateTime, jitter: Jitter) -> OffsetDateTime {
    now + jitter.spread(Duration::from_secs(SOURCE_AWAY))
}

/// When to come back after its source had no mail to give for the `nth` time in a row (from 0).
pub(super) fn after_unasked(nth: i32, now: OffsetDateTime, jitter: Jitter) -> OffsetDateTime {
    now + jitter.spread(delay(&UNASKED, nth))
}

/// Until when it is tried at all: as long as what it is about can be used, when that is known, and 72 hours at most.
pub(super) fn give_up_at(due_time: OffsetDateTime, expire_time: Option<OffsetDateTime>) -> OffsetDateTime {
    let patience = due_time + PATIENCE;
    expire_time.map_or(patience, |expires| expires.min(patience))
}

fn delay(schedule: &[u64], nth: i32) -> Duration {
    let nth = usize::try_from(nth).unwrap_or_default();
    Duration::from_secs(schedule.get(nth).or(schedule.last()).copied().unwrap_or(HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn delays_grow_to_eight_hours_and_stay_there() {
        let hours = |nth| (after_deferral(nth, NOW, Jitter::none()) - NOW).whole_seconds();
        assert_eq!(
            (0..9).map(hours).collect::<Vec<_>>(),
            [60, 300, 900, 3600, 7200, 14400, 28800, 28800, 28800]
        );
    }

    #[test]
    fn delays_are_spread_by_a_fifth() {
        for (low_bits, factor) in [(0, 0.8), (u32::MAX, 1.2)] {
            let jitter = Jitter::of(Uuid::from_u128(u128::from(low_bits)));
            assert_eq!(
                jitter.spread(Duration::from_secs(100)),
                Duration::from_secs_f64(100.0 * factor)
            );
        }
    }

    #[test]
    fn patience_ends_with_what_the_mail_is_about() {
        let soon = NOW + Duration::from_secs(60);
        assert_eq!(give_up_at(NOW, Some(soon)), soon);
        assert_eq!(give_up_at(NOW, None), datetime!(2026-03-04 12:00 UTC));
        assert_eq!(
            give_up_at(NOW, Some(datetime!(2026-06-01 12:00 UTC))),
            datetime!(2026-03-04 12:00 UTC)
        );
    }
}

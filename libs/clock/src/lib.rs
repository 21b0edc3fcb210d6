//! The only source of time, of fresh ids and of bits that nobody guesses.
//!
//! Everything that needs "now", a new id or a secret takes a [`Clock`]; nothing else may ask the machine (see `clippy.toml`).
//! Tests hold time still and move it by hand:
//!
//! ```
//! use std::time::Duration;
//! use muster_clock::Clock;
//! use time::macros::datetime;
//!
//! let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
//! clock.advance(Duration::from_secs(60));
//! assert_eq!(clock.now(), datetime!(2026-03-01 12:01 UTC));
//! ```

mod time_zones;
mod zone;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};
use uuid::{ContextV7, Timestamp, Uuid};

pub use time_zones::TimeZones;
pub use zone::{LocalTime, Zone};

/// Tells the time and makes ids. Cheap to clone; clones of a fixed clock share their time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<Fixed>),
}

#[derive(Debug)]
struct Fixed {
    now: Mutex<OffsetDateTime>,
    ids: Mutex<ContextV7>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(now: OffsetDateTime) -> Self {
        let now = Mutex::new(to_microseconds(now));
        let ids = Mutex::new(ContextV7::new());
        Self(Source::Fixed(Arc::new(Fixed { now, ids })))
    }

    /// The time in UTC, cut to whole microseconds: what Postgres stores is what was compared.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => to_microseconds(machine_time()),
            Source::Fixed(fixed) => *fixed.now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// A new UUIDv7 (RFC 9562) that sorts by the time of this clock.
    #[must_use]
    pub fn new_uuid(&self) -> Uuid {
        match &self.0 {
            Source::System => machine_uuid(),
            Source::Fixed(fixed) => fixed.new_uuid(self.now()),
        }
    }

    /// A fresh id, made of [`Clock::new_uuid`].
    #[must_use]
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        self.new_uuid().into()
    }

    /// 128 bits that nobody guesses. Of a fixed clock too: what is unique must be so among all clocks that stand still.
    #[must_use]
    pub fn new_secret(&self) -> u128 {
        rand::random()
    }

    /// Moves a fixed clock forward. The machine's clock cannot be moved: nothing happens.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(fixed) = &self.0 {
            *fixed.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}

impl Fixed {
    fn new_uuid(&self, now: OffsetDateTime) -> Uuid {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(&*ids, seconds, now.nanosecond()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the machine for the time"
)]
fn machine_time() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
fn machine_uuid() -> Uuid {
    Uuid::now_v7()
}

fn to_microseconds(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(UtcOffset::UTC);
    let whole = at.microsecond();
    at.replace_microsecond(whole).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let other = clock.clone();
        assert_eq!(clock.now(), other.now());
        other.advance(Duration::from_millis(1500));
        assert_eq!(clock.now(), datetime!(2026-03-01 12:00:01.5 UTC));
    }

    #[test]
    fn time_has_microseconds_and_no_offset() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00:00.123456789 +02:00));
        assert_eq!(clock.now(), datetime!(2026-03-01 10:00:00.123456 UTC));
        assert_eq!(clock.now().offset(), UtcOffset::UTC);
        assert_eq!(Clock::system().now().nanosecond() % 1000, 0);
    }

    #[test]
    fn ids_sort_by_the_time_of_their_clock() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let ids: Vec<Uuid> = (0..1000).map(|_| clock.new_uuid()).collect();
        assert!(ids.is_sorted());
        clock.advance(Duration::from_millis(1));
        assert!(clock.new_uuid() > ids[999]);
        assert_eq!(ids[0].get_version_num(), 7);
    }
}

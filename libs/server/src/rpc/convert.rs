//! Times of the contract and times of the domain.

use prost_types::Timestamp;
use time::OffsetDateTime;

const NANOSECONDS: i128 = 1_000_000_000;

/// As the contract writes it.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    // Below 1,000,000,000 by definition.
    let nanos = i32::try_from(at.nanosecond()).unwrap_or_default();
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos,
    }
}

/// The value is no time between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time between the years 1 and 9999")]
pub struct NotATime;

/// Cut to whole microseconds: what Postgres stores is what was compared.
///
/// # Errors
/// Outside of what `google.protobuf.Timestamp` may say.
pub fn from_timestamp(at: Timestamp) -> Result<OffsetDateTime, NotATime> {
    if !(0..1_000_000_000).contains(&at.nanos) {
        return Err(NotATime);
    }
    let whole = i128::from(at.nanos - at.nanos % 1000);
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.seconds) * NANOSECONDS + whole)
        .ok()
        .filter(|at| (1..=9999).contains(&at.year()))
        .ok_or(NotATime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_with_its_microseconds() {
        let at = Timestamp {
            seconds: 1_772_366_400,
            nanos: 123_456_789,
        };
        let read = from_timestamp(at).unwrap();
        assert_eq!(
            timestamp(read),
            Timestamp {
                nanos: 123_456_000,
                ..at
            }
        );
        let before_1970 = from_timestamp(Timestamp {
            seconds: -1,
            nanos: 500_000_000,
        })
        .unwrap();
        assert_eq!(
            timestamp(before_1970),
            Timestamp {
                seconds: -1,
                nanos: 500_000_000
            }
        );
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for (seconds, nanos) in [
            (0, -1),
            (0, 1_000_000_000),
            (i64::MAX, 0),
            (i64::MIN, 0),
            (253_402_300_800, 0),
        ] {
            assert_eq!(from_timestamp(Timestamp { seconds, nanos }), Err(NotATime));
        }
    }
}

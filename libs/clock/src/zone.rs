//! The time zone in which people read times.

use jiff::civil;
use jiff::tz::TimeZone;
use time::{Date, OffsetDateTime, UtcOffset};

/// A time zone: where an organization is, or UTC where nobody knows. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A time as clocks somewhere show it, and which clocks these are: without that, the hour that comes twice in autumn is said of two
/// moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    /// With the offset that is in force then.
    pub time: OffsetDateTime,
    /// What people there call the clocks, such as `EST`; of a zone whose clocks have no name the offset, such as `UTC-3`.
    pub clocks: String,
}

impl Default for Zone {
    /// What is read where no zone is known.
    fn default() -> Self {
        Self::UTC
    }
}

impl Zone {
    /// Nobody's zone, which everybody can reckon from.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone that the IANA calls so. UTC of what is no name of a zone here, also of none: whoever reads a time is told the zone
    /// with it, and nothing fails for want of one.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::found(name).unwrap_or_default()
    }

    /// The zone that the IANA calls so, if there is one.
    pub(crate) fn found(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// What the IANA calls it, such as `America/Detroit`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The time as clocks there show it. At the ends of all calendars it is UTC's.
    #[must_use]
    pub fn local(&self, time: OffsetDateTime) -> LocalTime {
        self.shown(time).unwrap_or_else(|| LocalTime {
            time: time.checked_to_offset(UtcOffset::UTC).unwrap_or(time),
            clocks: "UTC".to_owned(),
        })
    }

    fn shown(&self, time: OffsetDateTime) -> Option<LocalTime> {
        let at = jiff::Timestamp::from_second(time.unix_timestamp()).ok()?;
        let there = self.0.to_offset_info(at);
        let offset = UtcOffset::from_whole_seconds(there.offset().seconds()).ok()?;
        let name = there.abbreviation();
        // A name such as `-03` is none.
        let has_name = name.bytes().all(|byte| byte.is_ascii_alphabetic());
        Some(LocalTime {
            time: time.checked_to_offset(offset)?,
            clocks: if has_name { name.to_owned() } else { said(offset) },
        })
    }

    /// The civil day there.
    #[must_use]
    pub fn day(&self, time: OffsetDateTime) -> Date {
        self.local(time).time.date()
    }

    /// When a day is over there: the first moment of the next civil day that exists. `None` of a day at the end of all
    /// calendars.
    #[must_use]
    pub fn end_of(&self, last: Date) -> Option<OffsetDateTime> {
        let (year, month, day) = (i16::try_from(last.year()).ok()?, last.month() as i8, last.day());
        let last = civil::Date::new(year, month, i8::try_from(day).ok()?).ok()?;
        // Midnight that does not exist is the moment at which the clocks go forward, over a whole day if need be.
        let next = last.tomorrow().ok()?.to_zoned(self.0.clone()).ok()?;
        OffsetDateTime::from_unix_timestamp(next.timestamp().as_second()).ok()
    }
}

impl LocalTime {
    /// Which clocks show it, for whoever may not know their name: `EST (UTC-5)`, `UTC-3`, `UTC`.
    #[must_use]
    pub fn zone(&self) -> String {
        let (clocks, offset) = (&self.clocks, said(self.time.offset()));
        if clocks == "UTC" || *clocks == offset {
            return clocks.clone();
        }
        format!("{clocks} ({offset})")
    }
}

/// As people write it: `UTC-5`, `UTC+5:30`. Plain characters, so that a mail that has no others goes as it is.
fn said(offset: UtcOffset) -> String {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() { '-' } else { '+' };
    match minutes.unsigned_abs() {
        0 => format!("UTC{sign}{}", hours.unsigned_abs()),
        minutes => format!("UTC{sign}{}:{minutes:02}", hours.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn shown(zone: &str, time: OffsetDateTime) -> String {
        let local = Zone::named(zone).local(time);
        let (date, hour, minute) = (local.time.date(), local.time.hour(), local.time.minute());
        format!("{date} {hour:02}:{minute:02} {}", local.zone())
    }

    #[test]
    fn a_time_is_shown_as_clocks_there_show_it() {
        let time = datetime!(2026-03-01 02:30 UTC);
        for (zone, expected) in [
            ("America/Detroit", "2026-02-28 21:30 EST (UTC-5)"),
            ("America/Sao_Paulo", "2026-02-28 23:30 UTC-3"),
            ("Asia/Kolkata", "2026-03-01 08:00 IST (UTC+5:30)"),
            ("America/St_Johns", "2026-02-28 23:00 NST (UTC-3:30)"),
            ("Europe/London", "2026-03-01 02:30 GMT (UTC+0)"),
            ("UTC", "2026-03-01 02:30 UTC"),
        ] {
            assert_eq!(shown(zone, time), expected);
            assert_eq!(shown(zone, time.to_offset(time::macros::offset!(+7))), expected);
        }
        let abroad = Zone::named("America/Sao_Paulo").local(time);
        assert_eq!(abroad.clocks, "UTC-3");
    }

    #[test]
    fn the_hour_that_comes_twice_is_said_of_two_moments() {
        for (time, expected) in [
            (datetime!(2026-11-01 05:30 UTC), "2026-11-01 01:30 EDT (UTC-4)"),
            (datetime!(2026-11-01 06:30 UTC), "2026-11-01 01:30 EST (UTC-5)"),
        ] {
            assert_eq!(shown("America/Detroit", time), expected);
        }
    }

    #[test]
    fn no_moment_is_shown_in_the_hour_that_is_left_out() {
        for (time, expected) in [
            (datetime!(2026-03-08 06:59:59 UTC), "2026-03-08 01:59 EST (UTC-5)"),
            (datetime!(2026-03-08 07:00 UTC), "2026-03-08 03:00 EDT (UTC-4)"),
        ] {
            assert_eq!(shown("America/Detroit", time), expected);
        }
    }

    #[test]
    fn what_is_no_zone_is_utc_and_says_so() {
        for name in ["", "Detroit", "us-mi", "America/Nowhere", "../../etc/localtime"] {
            let zone = Zone::named(name);
            assert_eq!((zone.name(), &zone), ("UTC", &Zone::UTC), "{name}");
            assert_eq!(
                shown(name, datetime!(2026-03-01 02:30 UTC)),
                "2026-03-01 02:30 UTC"
            );
        }
        assert_eq!(Zone::named("America/Detroit").name(), "America/Detroit");
    }

    #[test]
    fn the_ends_of_all_calendars_are_shown() {
        let detroit = Zone::named("America/Detroit");
        for time in [
            datetime!(9999-12-31 23:59:59 UTC),
            datetime!(0001-01-01 00:00 UTC),
        ] {
            assert_eq!(detroit.local(time).time, time);
        }
        assert_eq!(detroit.end_of(date!(9999 - 12 - 31)), None);
    }

    #[test]
    fn a_day_is_over_when_the_next_one_begins_there() {
        let detroit = Zone::named("America/Detroit");
        for (last, end) in [
            (date!(2026 - 03 - 07), datetime!(2026-03-08 05:00 UTC)),
            (date!(2026 - 03 - 08), datetime!(2026-03-09 04:00 UTC)),
            (date!(2026 - 11 - 01), datetime!(2026-11-02 05:00 UTC)),
        ] {
            assert_eq!(detroit.end_of(last), Some(end));
            assert_eq!(detroit.day(end), last.next_day().unwrap());
            assert_eq!(detroit.day(end - time::Duration::SECOND), last);
        }
    }
}

//! The time zones by which licensing authorities count days.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use time::{Date, OffsetDateTime};

use crate::Zone;

/// The time zone of each authority that has one of its own; of the others it is UTC. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TimeZones(Arc<HashMap<String, Zone>>);

impl FromStr for TimeZones {
    type Err = String;

    /// As `us-mi=America/Detroit,us-ny=America/New_York`.
    fn from_str(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let zones = pairs.map(|pair| {
            let (authority, name) = pair.split_once('=').ok_or_else(|| {
                format!("{pair} must be an authority and a time zone, such as us-mi=America/Detroit")
            })?;
            let zone = Zone::found(name).ok_or_else(|| format!("{name} is no time zone"))?;
            Ok((authority.to_owned(), zone))
        });
        Ok(Self(Arc::new(zones.collect::<Result<_, String>>()?)))
    }
}

impl TimeZones {
    /// Those of the authorities that the suite knows.
    pub const SHIPPED: &str =
        "us-mi=America/Detroit,us-nd=America/Chicago,us-ny=America/New_York,us-pa=America/New_York";

    /// What the zone of the authority is called, such as `America/Detroit`.
    #[must_use]
    pub fn name_of(&self, authority: &str) -> String {
        self.of(authority).name().to_owned()
    }

    /// The zone of the authority.
    #[must_use]
    pub fn of(&self, authority: &str) -> Zone {
        self.0.get(authority).cloned().unwrap_or_default()
    }

    /// The civil day there.
    #[must_use]
    pub fn today(&self, authority: &str, now: OffsetDateTime) -> Date {
        self.of(authority).day(now)
    }

    /// When a day is over there: the first moment of the next civil day that exists. `None` of a day at the end of all
    /// calendars.
    #[must_use]
    pub fn end_of(&self, authority: &str, last: Date) -> Option<OffsetDateTime> {
        self.of(authority).end_of(last)
    }

    /// Before this moment the day is over nowhere on earth.
    #[must_use]
    pub fn earliest_end(last: Date) -> Option<OffsetDateTime> {
        let next = last.next_day()?.midnight();
        Some(next.assume_offset(time::UtcOffset::from_hms(14, 0, 0).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn zones() -> TimeZones {
        "us-mi=America/Detroit, ws=Pacific/Apia,lb=Asia/Beirut"
            .parse()
            .unwrap()
    }

    #[test]
    fn a_day_ends_where_it_is_counted() {
        let zones = zones();
        for (authority, last, end) in [
            ("", date!(2026 - 03 - 31), datetime!(2026-04-01 00:00 UTC)),
            ("us-mi", date!(2026 - 03 - 31), datetime!(2026-04-01 04:00 UTC)),
            // The clocks go back within the day.
            ("us-mi", date!(2026 - 11 - 01), datetime!(2026-11-02 05:00 UTC)),
            // They go forward at midnight: the next day begins at one.
            ("lb", date!(2026 - 03 - 28), datetime!(2026-03-28 22:00 UTC)),
            // A day that never was.
            ("ws", date!(2011 - 12 - 29), datetime!(2011-12-30 10:00 UTC)),
        ] {
            assert_eq!(zones.end_of(authority, last), Some(end), "{authority} {last}");
            assert!(TimeZones::earliest_end(last) <= Some(end));
        }
    }

    #[test]
    fn a_zone_has_a_name() {
        assert_eq!(zones().name_of("us-mi"), "America/Detroit");
        assert_eq!(zones().name_of("us-xx"), "UTC");
    }

    #[test]
    fn today_is_another_day_elsewhere() {
        let now = datetime!(2026-03-01 02:00 UTC);
        assert_eq!(zones().today("us-mi", now), date!(2026 - 02 - 28));
        assert_eq!(zones().today("us-xx", now), date!(2026 - 03 - 01));
    }

    #[test]
    fn what_is_no_time_zone_is_told() {
        for text in ["us-mi", "us-mi=Detroit"] {
            assert!(text.parse::<TimeZones>().is_err(), "{text}");
        }
        assert!("".parse::<TimeZones>().is_ok());
    }
}

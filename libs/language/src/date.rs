//! Times as people read them: in the zone of what they are about, which stands beside them, because nobody knows the reader's.

use muster_clock::Zone;
use time::{Month, OffsetDateTime};

use super::Language;

impl Language {
    /// A time as it stands in a sentence, to the minute, in a zone: `3 March 2026, 04:05 EST (UTC-5)`.
    #[must_use]
    pub fn time(self, at: OffsetDateTime, zone: &Zone) -> String {
        let local = zone.local(at);
        let (at, zone) = (local.time, local.zone());
        let (day, month, year) = (at.day(), self.month(at.month()), at.year());
        let (hour, minute) = (at.hour(), at.minute());
        match self {
            Self::English => format!("{day} {month} {year}, {hour:02}:{minute:02} {zone}"),
            Self::Spanish => format!("{day} de {month} de {year}, {hour:02}:{minute:02} {zone}"),
        }
    }

    fn month(self, month: Month) -> &'static str {
        let names = match self {
            Self::English => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::Spanish => [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
        };
        let index = usize::from(u8::from(month)) - 1;
        names.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_stands_beside_its_zone() {
        let at = datetime!(2026-03-03 11:05 +2);
        assert_eq!(Language::English.time(at, &Zone::UTC), "3 March 2026, 09:05 UTC");
        assert_eq!(
            Language::Spanish.time(at, &Zone::UTC),
            "3 de marzo de 2026, 09:05 UTC"
        );
        let last = datetime!(2026-12-31 23:59 UTC);
        assert_eq!(
            Language::English.time(last, &Zone::UTC),
            "31 December 2026, 23:59 UTC"
        );
        assert_eq!(
            Language::Spanish.time(last, &Zone::UTC),
            "31 de diciembre de 2026, 23:59 UTC"
        );
    }

    #[test]
    fn a_time_is_that_of_its_zone_also_when_the_clocks_go_forward_and_back() {
        let detroit = Zone::named("America/Detroit");
        for (at, english, spanish) in [
            // The new year is not there yet.
            (
                datetime!(2026-01-01 04:59 UTC),
                "31 December 2025, 23:59 EST (UTC-5)",
                "31 de diciembre de 2025, 23:59 EST (UTC-5)",
            ),
            // The hour that is left out.
            (
                datetime!(2026-03-08 06:59 UTC),
                "8 March 2026, 01:59 EST (UTC-5)",
                "8 de marzo de 2026, 01:59 EST (UTC-5)",
            ),
            (
                datetime!(2026-03-08 07:00 UTC),
                "8 March 2026, 03:00 EDT (UTC-4)",
                "8 de marzo de 2026, 03:00 EDT (UTC-4)",
            ),
            // The hour that comes twice.
            (
                datetime!(2026-11-01 05:30 UTC),
                "1 November 2026, 01:30 EDT (UTC-4)",
                "1 de noviembre de 2026, 01:30 EDT (UTC-4)",
            ),
            (
                datetime!(2026-11-01 06:30 UTC),
                "1 November 2026, 01:30 EST (UTC-5)",
                "1 de noviembre de 2026, 01:30 EST (UTC-5)",
            ),
        ] {
            assert_eq!(Language::English.time(at, &detroit), english);
            assert_eq!(Language::Spanish.time(at, &detroit), spanish);
        }
    }
}

//! Times as people read them: with their zone, because nobody knows the reader's.

use time::{Month, OffsetDateTime, UtcOffset};

use super::Language;

impl Language {
    /// A time as it stands in a sentence, to the minute, in UTC: `3 March 2026, 09:05 UTC`.
    #[must_use]
    pub fn time(self, at: OffsetDateTime) -> String {
        let at = at.to_offset(UtcOffset::UTC);
        let (day, month, year) = (at.day(), self.month(at.month()), at.year());
        let (hour, minute) = (at.hour(), at.minute());
        match self {
            Self::English => format!("{day} {month} {year}, {hour:02}:{minute:02} UTC"),
            Self::Spanish => format!("{day} de {month} de {year}, {hour:02}:{minute:02} UTC"),
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

    use super::Language;

    #[test]
    fn a_time_stands_beside_its_zone() {
        let at = datetime!(2026-03-03 11:05 +2);
        assert_eq!(Language::English.time(at), "3 March 2026, 09:05 UTC");
        assert_eq!(Language::Spanish.time(at), "3 de marzo de 2026, 09:05 UTC");
        let last = datetime!(2026-12-31 23:59 UTC);
        assert_eq!(Language::English.time(last), "31 December 2026, 23:59 UTC");
        assert_eq!(Language::Spanish.time(last), "31 de diciembre de 2026, 23:59 UTC");
    }
}

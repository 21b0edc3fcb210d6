//! The text of a number: as it was typed, a day or a time as ISO 8601 has it.

use time::macros::{date, format_description};
use time::{Date, Duration, Time};

/// How a number is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// As a number.
    #[default]
    Number,
    /// As a number of at least so many digits.
    Digits(u8),
    /// As a day.
    Day,
    /// As a day with a time, or as a time alone.
    Time,
}

/// The day 0 and the last day, in both ways of counting.
const FROM_1900: Date = date!(1899 - 12 - 30);
const FROM_1904: Date = date!(1904 - 01 - 01);
const LAST_DAY: f64 = 2_958_466.0;
/// The 29th of February 1900, which never was: days before it are counted from one day later.
const NEVER: i64 = 60;
const SECONDS_A_DAY: f64 = 86_400.0;
/// Up to here each whole number is itself, and programs show no more digits.
const EXACT: f64 = 1e15;

impl Shape {
    /// That of a format that every program knows.
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 27..=31 | 36 | 50..=54 | 57..=58 => Self::Day,
            18..=22 | 32..=35 | 45 | 47 | 55..=56 => Self::Time,
            _ => Self::Number,
        }
    }

    /// That of a code such as `yyyy-mm-dd;@`.
    pub(super) fn of_code(code: &str) -> Self {
        let code = signs(code);
        let has = |signs: &[char]| code.contains(signs);
        if has(&['h', 's']) {
            Self::Time
        } else if has(&['y', 'd']) || (has(&['m']) && !has(&['0', '#', '?'])) {
            Self::Day
        } else if code.len() > 1 && code.bytes().all(|byte| byte == b'0') {
            Self::Digits(u8::try_from(code.len()).unwrap_or(u8::MAX))
        } else {
            Self::Number
        }
    }

    /// The text of a number of this shape; the number itself where it is none.
    pub(super) fn text(self, number: &str, is_1904: bool) -> String {
        let number = number.trim();
        let Ok(value) = number.parse::<f64>() else {
            return number.to_owned();
        };
        let moment = match self {
            Self::Day | Self::Time => moment(value, self == Self::Time, is_1904),
            Self::Number | Self::Digits(_) => None,
        };
        moment.unwrap_or_else(|| match self {
            Self::Digits(count) => format!("{:0>1$}", plain(value), usize::from(count)),
            _ => plain(value),
        })
    }
}

/// The signs of the first part of a code that stand for something, in lower case: without texts, colours and conditions.
fn signs(code: &str) -> String {
    let (mut signs, mut chars) = (String::new(), code.chars());
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => _ = chars.by_ref().find(|c| *c == '"'),
            '[' => _ = chars.by_ref().find(|c| *c == ']'),
            '\\' | '_' | '*' => _ = chars.next(),
            c => signs.extend(c.to_lowercase()),
        }
    }
    if signs == "general" { String::new() } else { signs }
}

/// A number with as many digits as programs show: fifteen, never an exponent.
fn plain(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value.abs() < EXACT && value == value.trunc() {
        // Of two zeros one is below.
        return format!("{:.0}", value + 0.0);
    }
    let rounded = format!("{value:.14e}").parse::<f64>();
    rounded.unwrap_or(value).to_string()
}

/// The day, or the day and the time, of so many days.
fn moment(days: f64, with_time: bool, is_1904: bool) -> Option<String> {
    if !(0.0..LAST_DAY).contains(&days) {
        return None;
    }
    let (mut whole, part) = (days.trunc(), days.fract());
    let mut seconds = (part * SECONDS_A_DAY).round();
    if seconds >= SECONDS_A_DAY {
        (whole, seconds) = (whole + 1.0, 0.0);
    }
    // Both are whole, and small.
    let (whole, seconds) = (whole as i64, seconds as i64);
    let time = (Time::MIDNIGHT + Duration::seconds(seconds))
        .format(format_description!("[hour]:[minute]:[second]"))
        .ok()?;
    if with_time && whole == 0 {
        return Some(time);
    }
    let day = day(whole, is_1904)?;
    Some(if seconds == 0 && !(with_time && part > 0.0) {
        day
    } else {
        format!("{day}T{time}")
    })
}

fn day(whole: i64, is_1904: bool) -> Option<String> {
    let (from, whole) = match whole {
        _ if is_1904 => (FROM_1904, whole),
        NEVER => return Some("1900-02-29".to_owned()),
        0..NEVER => (FROM_1900, whole + 1),
        _ => (FROM_1900, whole),
    };
    from.checked_add(Duration::days(whole)).map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_they_were_typed() {
        for (number, text) in [
            ("5551234567", "5551234567"),
            ("5551234567.0", "5551234567"),
            ("5.551234567E9", "5551234567"),
            ("123456789012345", "123456789012345"),
            ("0.30000000000000004", "0.3"),
            ("-2.50", "-2.5"),
            ("-0", "0"),
            ("-10", "-10"),
            ("1e-7", "0.0000001"),
            ("what is none", "what is none"),
        ] {
            assert_eq!(Shape::Number.text(number, false), text, "{number}");
        }
        assert_eq!(Shape::of_code("00000"), Shape::Digits(5));
        assert_eq!(Shape::Digits(5).text("123", false), "00123");
        assert_eq!(Shape::Digits(2).text("1234", false), "1234");
    }

    #[test]
    fn days_and_times_are_told_by_their_format() {
        for (code, shape) in [
            ("General", Shape::Number),
            ("0.00E+00", Shape::Number),
            ("#,##0.00 \"days\"", Shape::Number),
            ("[Red]0;[Blue]-0", Shape::Number),
            ("yyyy-mm-dd;@", Shape::Day),
            ("[$-409]d\\-mmm\\-yy;@", Shape::Day),
            ("MMM", Shape::Day),
            ("dd/mm/yyyy\\ hh:mm", Shape::Time),
            ("h:mm AM/PM", Shape::Time),
            ("\"no end", Shape::Number),
            ("[no end", Shape::Number),
        ] {
            assert_eq!(Shape::of_code(code), shape, "{code}");
        }
        for (shape, number, is_1904, text) in [
            (Shape::Day, "46024", false, "2026-01-02"),
            (Shape::Day, "44562", true, "2026-01-02"),
            (Shape::Day, "46024.5", false, "2026-01-02T12:00:00"),
            (Shape::Time, "46024.5", false, "2026-01-02T12:00:00"),
            (Shape::Time, "0.75", false, "18:00:00"),
            (Shape::Day, "46024.9999999", false, "2026-01-03"),
            (Shape::Day, "59", false, "1900-02-28"),
            (Shape::Day, "60", false, "1900-02-29"),
            (Shape::Day, "61", false, "1900-03-01"),
            (Shape::Day, "-1", false, "-1"),
            (Shape::Day, "1e300", false, &format!("1{}", "0".repeat(300))),
            (Shape::Day, "NaN", false, "NaN"),
        ] {
            assert_eq!(shape.text(number, is_1904), text, "{number}");
        }
    }
}

//! Times as people read them: with their zone, because a page does not know its reader's.

use time::OffsetDateTime;
use time::macros::format_description;

/// `3 March 2026, 09:05 UTC`, of seconds since 1970; nothing for what is no time.
pub(crate) fn utc(seconds: i64) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    let at = OffsetDateTime::from_unix_timestamp(seconds).ok();
    at.and_then(|at| at.format(format).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stands_beside_its_zone() {
        assert_eq!(utc(1_772_528_700), "3 March 2026, 09:05 UTC");
        assert_eq!(utc(i64::MAX), "");
    }
}

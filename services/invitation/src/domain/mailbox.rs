//! How many mails one mailbox gets by the invitations of an organization, whichever of them they are about.

use std::time::Duration;

use muster_address::EmailAddress;
use time::OffsetDateTime;

/// In which time mails are counted.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A mailbox as mails are counted by it: many providers take `a.b+c` for `ab`. For counting only: mail goes to the address as it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mailbox(String);

/// When the mails to a mailbox were due, or are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mailed {
    times: Vec<OffsetDateTime>,
}

/// A mailbox has as many mails in a day as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MailboxFull {
    /// How many it has in the fullest day around the time that was asked for.
    pub(crate) used: usize,
    /// How many it may have: taking an invitation back and making another one gives no further ones.
    pub(crate) limit: usize,
    /// How much later than asked for one more may be due.
    pub(crate) wait: Duration,
}

impl Mailbox {
    /// The mailbox of an address.
    pub(crate) fn of(address: &EmailAddress) -> Self {
        let canonical = address.canonical();
        let (local, domain) = canonical.rsplit_once('@').unwrap_or((canonical, ""));
        let named = local.split_once('+').map_or(local, |(name, _)| name);
        Self(format!("{}@{domain}", named.replace('.', "")))
    }

    /// As it is stored and looked for.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Mailed {
    /// One more at this time, whatever there are.
    pub(crate) fn note(&mut self, time: OffsetDateTime) {
        self.times.push(time);
    }

    /// One less at this time: it does not go out then.
    pub(crate) fn forget(&mut self, time: OffsetDateTime) {
        if let Some(place) = self.times.iter().position(|sent| *sent == time) {
            self.times.swap_remove(place);
        }
    }

    /// One more at this time, if it may be: no more than `limit` in any day.
    ///
    /// # Errors
    /// When there are as many around it as may be.
    pub(crate) fn add(&mut self, time: OffsetDateTime, limit: usize) -> Result<(), MailboxFull> {
        let used = self.in_fullest_day(time);
        if used < limit {
            self.note(time);
            return Ok(());
        }
        let wait = (self.next(time, limit) - time).unsigned_abs();
        Err(MailboxFull { used, limit, wait })
    }

    /// How many were due after `since`, up to `until`.
    pub(crate) fn between(&self, since: OffsetDateTime, until: OffsetDateTime) -> usize {
        let is_between = |sent: &&OffsetDateTime| since < **sent && **sent <= until;
        self.times.iter().filter(is_between).count()
    }

    /// The first time from `time` on at which one more may be due: no more than `limit` in any day.
    pub(crate) fn next(&self, time: OffsetDateTime, limit: usize) -> OffsetDateTime {
        let since = time - DAY;
        let mut candidates: Vec<OffsetDateTime> =
            self.times.iter().copied().filter(|sent| *sent > since).collect();
        candidates.push(since);
        candidates.sort_unstable();
        candidates.dedup();
        let fits = |candidate: &OffsetDateTime| self.in_fullest_day(*candidate) < limit;
        // A day after the last one nothing is near.
        let mut candidates = candidates.into_iter().map(|sent| sent + DAY);
        candidates.find(fits).unwrap_or(time + DAY)
    }

    /// How many there are in the fullest day that holds `time`; days begin at any moment, and what is exactly a day later is not
    /// in them.
    pub(crate) fn in_fullest_day(&self, time: OffsetDateTime) -> usize {
        let (after, before) = (time - DAY, time + DAY);
        let is_near = |sent: &OffsetDateTime| after < *sent && *sent < before;
        let near: Vec<OffsetDateTime> = self.times.iter().copied().filter(is_near).collect();
        let begins = near.iter().copied().filter(|begin| *begin <= time);
        let held = |begin: OffsetDateTime| {
            let end = begin + DAY;
            near.iter().filter(|sent| begin <= **sent && **sent < end).count()
        };
        begins.chain([time]).map(held).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);
    const HOUR: Duration = Duration::from_secs(3600);

    fn full(used: usize, wait: Duration) -> MailboxFull {
        let limit = used;
        MailboxFull { used, limit, wait }
    }

    fn mailed(times: &[OffsetDateTime]) -> Mailed {
        Mailed {
            times: times.to_vec(),
        }
    }

    #[test]
    fn one_mailbox_has_many_spellings() {
        let counted = |text: &str| Mailbox::of(&text.parse().unwrap());
        for text in ["ada@x.test", "A.da@X.test", "ada+1@x.test", "a.d.a+x+y@x.test"] {
            assert_eq!(counted(text).as_str(), "ada@x.test");
        }
        assert_ne!(counted("ada@y.test"), counted("ada@x.test"));
    }

    #[test]
    fn three_mails_are_due_in_any_day() {
        let mut box_of_ada = Mailed::default();
        for _ in 0..3 {
            box_of_ada.add(NOON, 3).unwrap();
        }
        assert_eq!(box_of_ada.add(NOON, 3), Err(full(3, DAY)));
        assert_eq!(box_of_ada.add(NOON + DAY - HOUR, 3), Err(full(3, HOUR)));
        box_of_ada.add(NOON + DAY, 3).unwrap();
    }

    #[test]
    fn as_many_are_due_as_may_and_one_that_had_more_before_gets_none() {
        let mut box_of_ada = Mailed::default();
        box_of_ada.add(NOON, 1).unwrap();
        assert_eq!(box_of_ada.add(NOON + HOUR, 1), Err(full(1, DAY - HOUR)));
        for later in 1..50_u32 {
            box_of_ada.add(NOON + later * HOUR / 4, 50).unwrap();
        }
        assert!(box_of_ada.add(NOON + 13 * HOUR, 50).is_err());
        let many = MailboxFull {
            used: 50,
            ..full(3, DAY + 47 * HOUR / 4)
        };
        assert_eq!(box_of_ada.add(NOON, 3), Err(many));
        assert_eq!(box_of_ada.next(NOON, 60), NOON);
    }

    #[test]
    fn what_is_due_later_counts_too_and_two_half_full_days_are_no_full_one() {
        let later = [NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR];
        let wait = DAY + HOUR;
        assert_eq!(mailed(&later).add(NOON, 3), Err(full(3, wait)));
        let apart = [NOON - 20 * HOUR, NOON - 19 * HOUR, NOON + 10 * HOUR];
        assert_eq!(mailed(&apart).add(NOON, 3), Ok(()));
        assert_eq!(mailed(&apart).next(NOON, 3), NOON);
        let around = [NOON - 2 * HOUR, NOON - HOUR, NOON + HOUR];
        assert_eq!(mailed(&around).next(NOON, 3), NOON - 2 * HOUR + DAY);
    }
}

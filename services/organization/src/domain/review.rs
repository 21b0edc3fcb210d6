//! Reviews of profiles: derived from the time of the latest one, so that no sweeper can be late.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use muster_ids::{AccessNoticeId, AccessNoticeName, OrganizationId, PersonId};
use time::{Duration, OffsetDateTime};

use super::{LicensingAuthority, Organization, OrganizationState};

/// Where nobody has set anything.
const DAYS: i64 = 30;

/// After how many days a review is due: at one authority, or everywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewDays {
    authority: Option<String>,
    days: i64,
}

/// After how long reviews are due, by authority. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReviewPeriods(Arc<HashMap<Option<String>, i64>>);

/// When a profile was looked at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Review {
    pub(crate) organization: OrganizationId,
    pub(crate) notice: AccessNoticeId,
    /// When it was confirmed last, or else when the profile was approved.
    pub(crate) since: OffsetDateTime,
    /// `None` before the first time.
    pub(crate) confirmed_by: Option<PersonId>,
    /// How many reminders were asked for.
    pub(crate) mail_number: i32,
    /// When to look whether to remind; `None`: not before it is confirmed.
    pub(crate) remind_time: Option<OffsetDateTime>,
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReviewState {
    Current,
    Due,
    Overdue,
}

/// How many there are of what is checked, and how many of these somebody has to look at anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReviewItem {
    pub(crate) subject: ReviewSubject,
    pub(crate) count: i64,
    pub(crate) attention: i64,
    /// Since when the first of these has waited; `None` when none waits for anybody.
    pub(crate) oldest: Option<OffsetDateTime>,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReviewSubject {
    Profile,
    ProfileUsers,
    AccessRequests,
    Employees,
    EmploymentClaims,
    Locations,
    Groups,
}

impl FromStr for ReviewDays {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let problem = "must be a number of days from 1 to 3660, for one authority with its name before it, such as us-mi=45";
        let (authority, days) = match text.split_once('=') {
            Some((authority, days)) => {
                let authority = LicensingAuthority::parse(authority).map_err(|_| problem)?;
                (Some(authority.as_str().to_owned()), days)
            }
            None => (None, text),
        };
        let days = days.parse().ok().filter(|days| (1..=3660).contains(days));
        Ok(Self {
            authority,
            days: days.ok_or(problem)?,
        })
    }
}

impl FromIterator<ReviewDays> for ReviewPeriods {
    fn from_iter<T: IntoIterator<Item = ReviewDays>>(all: T) -> Self {
        let each = all.into_iter().map(|days| (days.authority, days.days));
        Self(Arc::new(each.collect()))
    }
}

impl ReviewPeriods {
    /// After how long the review of a profile is due.
    pub(crate) fn of(&self, profile: &Organization) -> Duration {
        let authority = Some(profile.licensing.authority().as_str().to_owned());
        let days = self.0.get(&authority).or_else(|| self.0.get(&None));
        Duration::days(days.copied().unwrap_or(DAYS))
    }
}

impl Review {
    /// Of a profile that is approved now.
    pub(crate) fn begin(
        organization: OrganizationId,
        notice: AccessNoticeId,
        now: OffsetDateTime,
        period: Duration,
    ) -> Self {
        Self {
            organization,
            notice,
            since: now,
            confirmed_by: None,
            mail_number: 0,
            remind_time: Some(now + period),
        }
    }

    /// When it is due.
    pub(crate) fn due_time(&self, period: Duration) -> OffsetDateTime {
        self.since + period
    }

    /// When it is overdue.
    pub(crate) fn overdue_time(&self, period: Duration) -> OffsetDateTime {
        self.since + period * 2
    }

    /// Where it stands at `now`.
    pub(crate) fn state(&self, now: OffsetDateTime, period: Duration) -> ReviewState {
        if now >= self.overdue_time(period) {
            ReviewState::Overdue
        } else if now >= self.due_time(period) {
            ReviewState::Due
        } else {
            ReviewState::Current
        }
    }

    /// Somebody has checked everything. What was armed before is not any more.
    pub(crate) fn confirm(self, by: PersonId, now: OffsetDateTime, period: Duration) -> Self {
        Self {
            since: now,
            confirmed_by: Some(by),
            remind_time: Some(now + period),
            ..self
        }
    }

    /// Its time to look has come: with a higher number when the owner is to be reminded, which happens when it is due and when it is
    /// overdue, once each. Who was not looked at for longer than a period hears of the latter only.
    pub(crate) fn look(self, now: OffsetDateTime, period: Duration) -> Self {
        let (told, remind_time) = match self.state(now, period) {
            ReviewState::Current => (0, Some(self.due_time(period))),
            ReviewState::Due => (1, Some(self.overdue_time(period))),
            ReviewState::Overdue => (1, None),
        };
        Self {
            mail_number: self.mail_number + told,
            remind_time,
            ..self
        }
    }

    /// What its reminders are about: mails for the owner are all about such notices.
    pub(crate) fn notice_name(&self) -> AccessNoticeName {
        AccessNoticeName {
            organization: self.organization,
            notice: self.notice,
        }
    }
}

impl ReviewSubject {
    /// What to look at, and the RPC that shows it.
    pub(crate) fn hint(self) -> (&'static str, &'static str) {
        match self {
            Self::Profile => (
                "Whether name and license number are still those of the site.",
                "GetOrganization",
            ),
            Self::ProfileUsers => (
                "Whether everybody who may look at the organization or administer it still should.",
                "ListProfileUsers",
            ),
            Self::AccessRequests => (
                "Whether those who ask to be let in should be.",
                "ListAccessRequests",
            ),
            Self::Employees => (
                "Whether everybody still works here; whoever has left is to be ended.",
                "ListEmployments",
            ),
            Self::EmploymentClaims => ("Whether those who say that they work here do.", "ListEmployments"),
            Self::Locations => ("Whether these are the places where people work.", "ListLocations"),
            Self::Groups => (
                "Whether the groups require the trainings that people must take.",
                "ListGroups",
            ),
        }
    }
}

impl OrganizationState {
    /// Whether a profile in it is reviewed.
    pub(crate) fn is_reviewed(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const PERIOD: Duration = Duration::days(30);

    fn begun() -> Review {
        Review::begin(Uuid::from_u128(1).into(), Uuid::from_u128(2).into(), NOW, PERIOD)
    }

    #[test]
    fn a_review_is_due_after_a_period_and_overdue_after_another() {
        let states = [0, 29, 30, 59, 60].map(|days| begun().state(NOW + Duration::days(days), PERIOD));
        use ReviewState::{Current, Due, Overdue};
        assert_eq!(states, [Current, Current, Due, Due, Overdue]);
    }

    #[test]
    fn the_owner_is_reminded_when_it_is_due_and_when_it_is_overdue() {
        let look = |review: Review, days| review.look(NOW + Duration::days(days), PERIOD);
        let due = look(begun(), 30);
        assert_eq!(
            (due.mail_number, due.remind_time),
            (1, Some(NOW + Duration::days(60)))
        );
        let overdue = look(due, 60);
        assert_eq!((overdue.mail_number, overdue.remind_time), (2, None));
        let late = look(begun(), 100);
        assert_eq!((late.mail_number, late.remind_time), (1, None));
        // The operators have lengthened the period since.
        let early = begun().look(NOW + Duration::days(30), PERIOD * 2);
        assert_eq!(
            (early.mail_number, early.remind_time),
            (0, Some(NOW + Duration::days(60)))
        );
    }

    #[test]
    fn confirming_begins_anew_whatever_it_was() {
        for days in [1, 31, 90] {
            let now = NOW + Duration::days(days);
            let by = PersonId::from_uuid(Uuid::from_u128(3));
            let confirmed = begun().look(now, PERIOD).confirm(by, now, PERIOD);
            assert_eq!(confirmed.state(now, PERIOD), ReviewState::Current);
            assert_eq!(
                (confirmed.confirmed_by, confirmed.remind_time),
                (Some(by), Some(now + PERIOD))
            );
        }
    }

    #[test]
    fn a_period_is_that_of_the_authority_or_else_the_general_one() {
        let days = |text: &str| text.parse::<ReviewDays>();
        assert_eq!(days("45").unwrap().days, 45);
        assert_eq!(days("us-mi=45").unwrap().authority.as_deref(), Some("us-mi"));
        for wrong in ["", "0", "3661", "us-mi", "US=30", "us-mi=-1", "=30"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}

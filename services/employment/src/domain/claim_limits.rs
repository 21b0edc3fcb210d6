//! How often a person may claim to work somewhere.

use muster_ids::OrganizationId;
use time::{Duration, OffsetDateTime};

/// For so long a claim counts, whatever became of it.
pub(crate) const COUNTED: Duration = Duration::days(30);

/// How many claims a person may make while they count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimLimits {
    pub(crate) at_organization: usize,
    pub(crate) of_person: usize,
}

/// Which limit claims would go beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimLimit {
    AtOrganization,
    OfPerson,
}

/// Why claims are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClaimedTooOften {
    pub(crate) limit: ClaimLimit,
    /// How many count now.
    pub(crate) used: usize,
    /// How many may.
    pub(crate) allowed: usize,
    /// Where the person has claimed too often; empty when it is too often over all.
    pub(crate) organizations: Vec<OrganizationId>,
    /// When the claims would be taken.
    pub(crate) until: OffsetDateTime,
}

impl ClaimLimits {
    /// Whether a person may claim at these further organizations. `claimed`: where and when they have claimed, while it counts, oldest first.
    ///
    /// # Errors
    /// [`ClaimedTooOften`]: at single organizations before over all.
    pub(crate) fn check(
        self,
        claimed: &[(OrganizationId, OffsetDateTime)],
        new: &[OrganizationId],
        now: OffsetDateTime,
    ) -> Result<(), ClaimedTooOften> {
        let at = |organization: OrganizationId| -> Vec<OffsetDateTime> {
            let there = claimed.iter().filter(|(place, _)| *place == organization);
            there.map(|(_, time)| *time).collect()
        };
        let allowed = self.at_organization;
        let full: Vec<_> = new
            .iter()
            .map(|organization| (*organization, at(*organization)))
            .filter(|(_, times)| times.len() >= allowed)
            .collect();
        let until = full.iter().map(|(_, times)| free(times, 1, allowed, now)).max();
        if let Some(until) = until {
            return Err(ClaimedTooOften {
                limit: ClaimLimit::AtOrganization,
                used: full
                    .iter()
                    .map(|(_, times)| times.len())
                    .max()
                    .unwrap_or_default(),
                allowed,
                organizations: full.into_iter().map(|(organization, _)| organization).collect(),
                until,
            });
        }
        let (used, allowed) = (claimed.len(), self.of_person);
        if used + new.len() > allowed {
            let times: Vec<_> = claimed.iter().map(|(_, time)| *time).collect();
            return Err(ClaimedTooOften {
                limit: ClaimLimit::OfPerson,
                used,
                allowed,
                organizations: Vec::new(),
                until: free(&times, new.len(), allowed, now),
            });
        }
        Ok(())
    }
}

/// When so many more are allowed: when the last one counts no more that is in their way. More than are ever allowed are not taken later
/// either: then, when none counts.
fn free(times: &[OffsetDateTime], more: usize, allowed: usize, now: OffsetDateTime) -> OffsetDateTime {
    let in_the_way = (times.len() + more).saturating_sub(allowed);
    let last = in_the_way.checked_sub(1).and_then(|place| times.get(place));
    last.or(times.last()).map_or(now, |last| *last) + COUNTED
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-31 12:00 UTC);
    const LIMITS: ClaimLimits = ClaimLimits {
        at_organization: 2,
        of_person: 4,
    };

    fn organization(number: u128) -> OrganizationId {
        Uuid::from_u128(number).into()
    }

    /// Claims at these organizations, one a day, the last of them a day ago.
    fn claimed(numbers: &[u128]) -> Vec<(OrganizationId, OffsetDateTime)> {
        let days = (1..=numbers.len()).rev();
        let times = days.map(|days| NOW - Duration::days(i64::try_from(days).unwrap()));
        numbers
            .iter()
            .map(|number| organization(*number))
            .zip(times)
            .collect()
    }

    #[test]
    fn who_has_claimed_too_often_at_one_organization_may_claim_at_others() {
        let before = claimed(&[1, 2, 1]);
        assert_eq!(LIMITS.check(&before, &[organization(2)], NOW), Ok(()));
        let refused = LIMITS
            .check(&before, &[organization(2), organization(1)], NOW)
            .unwrap_err();
        assert_eq!(
            (
                refused.limit,
                refused.used,
                refused.allowed,
                refused.organizations
            ),
            (ClaimLimit::AtOrganization, 2, 2, vec![organization(1)])
        );
        assert_eq!(
            refused.until,
            before[0].1 + COUNTED,
            "the first one has to count no more"
        );
    }

    #[test]
    fn over_all_as_many_have_to_count_no_more_as_are_too_many() {
        let before = claimed(&[1, 2, 3]);
        assert_eq!(LIMITS.check(&before, &[organization(4)], NOW), Ok(()));
        let refused = LIMITS
            .check(&before, &[organization(4), organization(5), organization(6)], NOW)
            .unwrap_err();
        assert_eq!(
            (
                refused.limit,
                refused.used,
                refused.allowed,
                refused.organizations
            ),
            (ClaimLimit::OfPerson, 3, 4, Vec::new())
        );
        assert_eq!(refused.until, before[1].1 + COUNTED);
        let ever: Vec<_> = (10..20).map(organization).collect();
        let refused = LIMITS.check(&before, &ever, NOW).unwrap_err();
        assert_eq!(refused.until, before[2].1 + COUNTED);
        assert_eq!(LIMITS.check(&[], &ever, NOW).unwrap_err().until, NOW + COUNTED);
    }
}

//! The employment and its states.

use std::collections::BTreeSet;

use muster_ids::{EmploymentId, EmploymentName, GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

use super::{Hiring, Standing};

/// One employment of one person at one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employment {
    /// The organization.
    pub(crate) organization: OrganizationId,
    /// Its id.
    pub(crate) id: EmploymentId,
    /// The person.
    pub(crate) person: PersonId,
    /// Their name, from their own token; may be empty.
    pub(crate) person_display_name: String,
    /// Where it stands.
    pub(crate) state: EmploymentState,
    /// The groups the learner is in.
    pub(crate) groups: BTreeSet<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// The invitation it came from; `None` for the director's.
    pub(crate) source_invitation: Option<InvitationId>,
    /// Raised with every change.
    pub(crate) version: i64,
    /// When it began to exist.
    pub(crate) create_time: OffsetDateTime,
    /// When it was verified.
    pub(crate) verify_time: Option<OffsetDateTime>,
}

stored_enum! {
    /// Where an employment stands.
    pub(crate) enum EmploymentState {
        /// Claimed; waits for an administrator.
        PendingVerification = "PENDING_VERIFICATION",
        /// Confirmed by the organization.
        Verified = "VERIFIED",
        /// Refused by the organization.
        Rejected = "REJECTED",
        /// Taken back by the person.
        Withdrawn = "WITHDRAWN",
        /// Over.
        Ended = "ENDED",
    }
}

impl Employment {
    /// A new one. `former_version`: the highest version of the person's former employments here, 0 without one; what
    /// others keep about the two is ordered by version, so a new employment continues where the former one stopped.
    pub(crate) fn begin(id: EmploymentId, hiring: &Hiring, former_version: i64, now: OffsetDateTime) -> Self {
        let (state, verify_time) = match hiring.standing {
            Standing::Vouched => (EmploymentState::Verified, Some(now)),
            Standing::Unproven => (EmploymentState::PendingVerification, None),
        };
        Self {
            organization: hiring.organization,
            id,
            person: hiring.person,
            person_display_name: hiring.person_display_name.clone(),
            state,
            groups: hiring.groups.clone(),
            location: hiring.location,
            source_invitation: hiring.invitation,
            version: former_version + 1,
            create_time: now,
            verify_time,
        }
    }

    /// This open employment after a further hiring: an open claim is verified if somebody vouches now, groups are
    /// merged, a place that was not said before is. `None` when that changes nothing. Nothing is ever taken away: an
    /// unproven acceptance leaves a verified employment verified.
    pub(crate) fn join(self, hiring: &Hiring, now: OffsetDateTime) -> Option<Self> {
        let verifies =
            self.state == EmploymentState::PendingVerification && hiring.standing == Standing::Vouched;
        let mut next = self.clone();
        next.groups.extend(&hiring.groups);
        next.location = self.location.or(hiring.location);
        if verifies {
            next.state = EmploymentState::Verified;
            next.verify_time = Some(now);
            next.source_invitation = self.source_invitation.or(hiring.invitation);
        }
        if next.person_display_name.is_empty() {
            next.person_display_name.clone_from(&hiring.person_display_name);
        }
        if next == self {
            return None;
        }
        next.version += 1;
        Some(next)
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> EmploymentName {
        EmploymentName {
            organization: self.organization,
            employment: self.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn hiring(standing: Standing, groups: &[u128]) -> Hiring {
        Hiring {
            organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
            person: PersonId::from_uuid(Uuid::from_u128(2)),
            person_display_name: "Ada".to_owned(),
            standing,
            groups: groups
                .iter()
                .map(|group| GroupId::from_uuid(Uuid::from_u128(*group)))
                .collect(),
            location: None,
            invitation: Some(InvitationId::from_uuid(Uuid::from_u128(3))),
        }
    }

    fn begun(standing: Standing) -> Employment {
        Employment::begin(
            EmploymentId::from_uuid(Uuid::from_u128(9)),
            &hiring(standing, &[1]),
            4,
            NOW,
        )
    }

    #[test]
    fn a_new_employment_continues_the_versions_of_the_former_one() {
        assert_eq!(begun(Standing::Vouched).version, 5);
        assert_eq!(begun(Standing::Vouched).state, EmploymentState::Verified);
        assert_eq!(
            begun(Standing::Unproven).state,
            EmploymentState::PendingVerification
        );
    }

    #[test]
    fn an_open_claim_is_verified_when_somebody_vouches() {
        let joined = begun(Standing::Unproven)
            .join(&hiring(Standing::Vouched, &[2]), LATER)
            .unwrap();
        assert_eq!(joined.state, EmploymentState::Verified);
        assert_eq!(joined.verify_time, Some(LATER));
        assert_eq!(joined.groups.len(), 2);
        assert_eq!(joined.version, 6);
    }

    #[test]
    fn an_unproven_acceptance_takes_nothing_away() {
        let joined = begun(Standing::Vouched)
            .join(&hiring(Standing::Unproven, &[2]), LATER)
            .unwrap();
        assert_eq!(joined.state, EmploymentState::Verified);
        assert_eq!(joined.verify_time, Some(NOW));
        assert_eq!(joined.groups.len(), 2);
    }

    #[test]
    fn what_says_nothing_new_changes_nothing() {
        assert_eq!(
            begun(Standing::Vouched).join(&hiring(Standing::Vouched, &[1]), LATER),
            None
        );
        assert_eq!(
            begun(Standing::Unproven).join(&hiring(Standing::Unproven, &[]), LATER),
            None
        );
    }
}

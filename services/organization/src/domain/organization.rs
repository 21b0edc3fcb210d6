//! The profile and its way to approval.

use muster_ids::OrganizationId;
use muster_states::stored_enum;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{License, Owner, PublicName};

/// A profile: one site with one current license number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: OrganizationId,
    pub(crate) number: OrganizationNumber,
    pub(crate) owner: Owner,
    pub(crate) display_name: PublicName,
    pub(crate) license: License,
    pub(crate) state: OrganizationState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) created: OffsetDateTime,
    pub(crate) submitted: Option<OffsetDateTime>,
    pub(crate) approved: Option<OffsetDateTime>,
}

stored_enum! {
    /// Where a profile stands.
    pub(crate) enum OrganizationState {
        Draft = "DRAFT",
        Submitted = "SUBMITTED",
        Active = "ACTIVE",
        Returned = "RETURNED",
        Rejected = "REJECTED",
        Suspended = "SUSPENDED",
        Closed = "CLOSED",
    }
}

/// Eight digits for people to say and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrganizationNumber(String);

/// What asking for a change of state comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// The profile after the change, and the state that it must still have when the change is written.
    Changed {
        from: OrganizationState,
        to: Organization,
    },
    /// Somebody asked before: nothing is left to do.
    AlreadyDone(Organization),
    /// Not from this state.
    Refused(OrganizationState),
}

impl Organization {
    /// DRAFT or RETURNED becomes SUBMITTED.
    pub(crate) fn submit(self, now: OffsetDateTime) -> Transition {
        match self.state {
            OrganizationState::Draft | OrganizationState::Returned => {
                let submitted = Some(now);
                self.changed(|profile| Self {
                    state: OrganizationState::Submitted,
                    submitted,
                    ..profile
                })
            }
            OrganizationState::Submitted => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// SUBMITTED becomes ACTIVE.
    pub(crate) fn approve(self, now: OffsetDateTime) -> Transition {
        match self.state {
            OrganizationState::Submitted => {
                let approved = Some(now);
                self.changed(|profile| Self {
                    state: OrganizationState::Active,
                    approved,
                    ..profile
                })
            }
            OrganizationState::Active => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    fn changed(self, change: impl FnOnce(Self) -> Self) -> Transition {
        let from = self.state;
        let version = self.version + 1;
        Transition::Changed {
            from,
            to: Self {
                version,
                ..change(self)
            },
        }
    }
}

impl OrganizationState {
    /// Whether its groups, locations and catalog may change: nobody furnishes a house that was torn down.
    pub(crate) fn takes_changes(self) -> bool {
        !matches!(self, Self::Rejected | Self::Closed)
    }
}

impl OrganizationNumber {
    const SMALLEST: u128 = 10_000_000;
    const COUNT: u128 = 90_000_000;

    /// A number from the random bits of a fresh UUIDv7. It may be taken.
    pub(crate) fn draw(fresh: Uuid) -> Self {
        let random = fresh.as_u128() & u128::from(u32::MAX);
        Self((Self::SMALLEST + random % Self::COUNT).to_string())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use muster_ids::PersonId;
    use time::macros::datetime;

    use super::super::{LicenseNumber, LicensingAuthority, Padding};
    use super::*;

    const CREATED: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn profile(state: OrganizationState) -> Organization {
        let authority = LicensingAuthority::parse("us-mi").unwrap();
        let number = LicenseNumber::parse("DC 1").unwrap();
        Organization {
            id: OrganizationId::from_uuid(Uuid::nil()),
            number: OrganizationNumber::parse("48213077").unwrap(),
            owner: Owner {
                person: PersonId::derive("i", "s"),
                display_name: None,
            },
            display_name: PublicName::parse("Sunshine").unwrap(),
            license: License::new(authority, number, &Padding::default()),
            state,
            version: 4,
            created: CREATED,
            submitted: None,
            approved: None,
        }
    }

    /// State after the transition, or why there is none.
    fn outcome(transition: Transition) -> String {
        match transition {
            Transition::Changed { from, to } => {
                assert_eq!(to.version, 5, "a change that nobody can see");
                format!("{from} to {}", to.state)
            }
            Transition::AlreadyDone(profile) => format!("{} already", profile.state),
            Transition::Refused(state) => format!("{state} refused"),
        }
    }

    #[test]
    fn only_drafts_and_returned_profiles_are_submitted() {
        let outcomes = OrganizationState::ALL.map(|state| outcome(profile(state).submit(LATER)));
        assert_eq!(
            outcomes,
            [
                "DRAFT to SUBMITTED",
                "SUBMITTED already",
                "ACTIVE refused",
                "RETURNED to SUBMITTED",
                "REJECTED refused",
                "SUSPENDED refused",
                "CLOSED refused"
            ]
        );
    }

    #[test]
    fn only_submitted_profiles_are_approved() {
        let outcomes = OrganizationState::ALL.map(|state| outcome(profile(state).approve(LATER)));
        assert_eq!(
            outcomes,
            [
                "DRAFT refused",
                "SUBMITTED to ACTIVE",
                "ACTIVE already",
                "RETURNED refused",
                "REJECTED refused",
                "SUSPENDED refused",
                "CLOSED refused"
            ]
        );
    }

    #[test]
    fn a_number_has_eight_digits_whatever_was_drawn() {
        for bits in [0, 1, u128::from(u32::MAX), u128::MAX] {
            let number = OrganizationNumber::draw(Uuid::from_u128(bits));
            assert_eq!(OrganizationNumber::parse(number.as_str()), Some(number));
        }
        assert_eq!(OrganizationNumber::parse("1234567"), None);
    }
}

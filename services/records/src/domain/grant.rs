//! Consent.

use muster_ids::{GrantId, OrganizationId, PersonId};
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;

/// A person's consent that an organization may read their learning record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who consents.
    pub(crate) person: PersonId,
    pub(crate) id: GrantId,
    /// The organization that may read.
    pub(crate) organization: OrganizationId,
    pub(crate) state: GrantState,
    /// Raised with every change.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
}

/// Where a grant stands, with what belongs to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantState {
    /// Given; in force while the employment is verified.
    Active,
    /// Taken back by the person.
    Revoked { revoke_time: OffsetDateTime },
    /// Ended with the employment.
    Lapsed,
}

stored_enum! {
    /// A state of a grant by name.
    pub(crate) enum GrantStateName {
        Active = "ACTIVE",
        Revoked = "REVOKED",
        Lapsed = "LAPSED",
    }
}

impl Grant {
    /// A new one, in force.
    pub(crate) fn give(
        id: GrantId,
        person: PersonId,
        organization: OrganizationId,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            person,
            id,
            organization,
            state: GrantState::Active,
            version: 1,
            create_time: now,
        }
    }

    /// Taken back; one that is over stays as it is.
    pub(crate) fn revoke(self, now: OffsetDateTime) -> Transition<Self> {
        match self.state {
            GrantState::Active => Transition::Changed(Self {
                state: GrantState::Revoked { revoke_time: now },
                version: self.version + 1,
                ..self
            }),
            GrantState::Revoked { .. } | GrantState::Lapsed => Transition::AlreadyDone(self),
        }
    }
}

impl GrantState {
    /// Its name.
    pub(crate) fn name(self) -> GrantStateName {
        match self {
            Self::Active => GrantStateName::Active,
            Self::Revoked { .. } => GrantStateName::Revoked,
            Self::Lapsed => GrantStateName::Lapsed,
        }
    }

    /// When it was taken back.
    pub(crate) fn revoke_time(self) -> Option<OffsetDateTime> {
        match self {
            Self::Revoked { revoke_time } => Some(revoke_time),
            Self::Active | Self::Lapsed => None,
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

    #[test]
    fn a_grant_is_taken_back_once() {
        let [id, person, organization] = [1, 2, 3].map(Uuid::from_u128);
        let given = Grant::give(id.into(), person.into(), organization.into(), NOW);
        let Transition::Changed(revoked) = given.revoke(NOW) else {
            panic!("it was active")
        };
        assert_eq!((revoked.state.revoke_time(), revoked.version), (Some(NOW), 2));
        assert_eq!(revoked.clone().revoke(LATER), Transition::AlreadyDone(revoked));
    }
}

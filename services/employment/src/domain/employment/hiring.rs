//! Why a person becomes employed, and whether that alone verifies it.

use std::collections::BTreeSet;

use muster_identity::Role;
use muster_ids::{GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use time::{Date, OffsetDateTime};

use super::{Consent, Position};

/// What an accepted invitation, or the approval of a profile, says about a person's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hiring {
    pub(crate) organization: OrganizationId,
    /// Who works there.
    pub(crate) person: PersonId,
    /// Their name, from their own token; may be empty.
    pub(crate) person_display_name: String,
    pub(crate) basis: VerificationBasis,
    /// When that was said; `None`: just now.
    pub(crate) vouch_time: Option<OffsetDateTime>,
    /// The groups to join.
    pub(crate) groups: BTreeSet<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// The invitation that was accepted; `None` for the director and for claims.
    pub(crate) invitation: Option<InvitationId>,
    /// When it was accepted.
    pub(crate) accept_time: Option<OffsetDateTime>,
    /// Who can verify it, and is to hear that it waits; nobody when somebody vouches.
    pub(crate) verifiers: BTreeSet<PersonId>,
    /// The first day; `None` when not said.
    pub(crate) start: Option<Date>,
    /// What the person does there.
    pub(crate) positions: Vec<Position>,
    /// What they grant with their claim.
    pub(crate) consent: Option<Consent>,
}

/// Whether an employment is verified by what it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerificationBasis {
    /// The organization, or registry staff, vouches for it.
    Vouched,
    /// Only the person says so: an administrator has to verify it.
    SelfAsserted,
}

/// How an invitation came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationSource {
    /// By hand.
    Manual,
    /// From a spreadsheet.
    Import,
    /// From the public join page: the person asked themself.
    JoinPage,
}

/// An invitation that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acceptance {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    pub(crate) source: InvitationSource,
    /// Who invited.
    pub(crate) inviter: PersonId,
    /// Who accepted.
    pub(crate) invitee: PersonId,
    /// The groups that the invitee was invited into.
    pub(crate) groups: BTreeSet<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// When the address was invited, for the last time.
    pub(crate) vouch_time: OffsetDateTime,
    pub(crate) time: OffsetDateTime,
}

impl Hiring {
    /// The same after the organization has said otherwise of the person, at `refuse_time`: whoever vouched before that did not know.
    pub(crate) fn after(&self, refuse_time: Option<OffsetDateTime>) -> Self {
        let is_overruled = self.vouch_time.is_some() && self.vouch_time < refuse_time;
        Self {
            basis: if is_overruled {
                VerificationBasis::SelfAsserted
            } else {
                self.basis
            },
            ..self.clone()
        }
    }
}

impl Acceptance {
    /// The hiring that follows. `inviter_role`: the inviter's role at the organization now, not when they invited;
    /// `display_name`: from the invitee's own token.
    pub(crate) fn hiring(self, inviter_role: Option<Role>, display_name: String) -> Hiring {
        Hiring {
            basis: self.basis(inviter_role),
            vouch_time: Some(self.vouch_time),
            organization: self.organization,
            person: self.invitee,
            person_display_name: display_name,
            groups: self.groups,
            location: self.location,
            invitation: Some(self.invitation),
            accept_time: Some(self.time),
            verifiers: BTreeSet::new(),
            start: None,
            positions: Vec::new(),
            consent: None,
        }
    }

    /// Verified at once only if an administrator chose this person, still may, and is somebody else.
    fn basis(&self, inviter_role: Option<Role>) -> VerificationBasis {
        let chosen = match self.source {
            InvitationSource::Manual | InvitationSource::Import => true,
            InvitationSource::JoinPage => false,
        };
        let may = inviter_role >= Some(Role::Admin);
        if chosen && may && self.inviter != self.invitee {
            VerificationBasis::Vouched
        } else {
            VerificationBasis::SelfAsserted
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn basis(source: InvitationSource, inviter_role: Option<Role>, inviter: &str) -> VerificationBasis {
        let acceptance = Acceptance {
            organization: Uuid::from_u128(1).into(),
            invitation: Uuid::from_u128(2).into(),
            source,
            inviter: PersonId::derive("https://id.example.org", inviter),
            invitee: PersonId::derive("https://id.example.org", "learner"),
            groups: BTreeSet::new(),
            location: None,
            vouch_time: OffsetDateTime::UNIX_EPOCH,
            time: OffsetDateTime::UNIX_EPOCH,
        };
        acceptance.hiring(inviter_role, String::new()).basis
    }

    #[test]
    fn an_administrator_who_chose_somebody_else_vouches_for_them() {
        for source in [InvitationSource::Manual, InvitationSource::Import] {
            for role in [Role::Admin, Role::Owner] {
                assert_eq!(basis(source, Some(role), "owner"), VerificationBasis::Vouched);
            }
        }
    }

    #[test]
    fn whoever_vouched_before_the_organization_said_otherwise_did_not_know() {
        let hiring = Acceptance {
            organization: Uuid::from_u128(1).into(),
            invitation: Uuid::from_u128(2).into(),
            source: InvitationSource::Manual,
            inviter: PersonId::derive("https://id.example.org", "owner"),
            invitee: PersonId::derive("https://id.example.org", "learner"),
            groups: BTreeSet::new(),
            location: None,
            vouch_time: OffsetDateTime::UNIX_EPOCH,
            time: OffsetDateTime::UNIX_EPOCH,
        }
        .hiring(Some(Role::Owner), String::new());
        let second = time::Duration::SECOND;
        let basis = |refused| hiring.after(refused).basis;
        assert_eq!(basis(None), VerificationBasis::Vouched);
        assert_eq!(
            basis(Some(OffsetDateTime::UNIX_EPOCH - second)),
            VerificationBasis::Vouched
        );
        assert_eq!(
            basis(Some(OffsetDateTime::UNIX_EPOCH + second)),
            VerificationBasis::SelfAsserted
        );
        let now = Hiring {
            vouch_time: None,
            ..hiring.clone()
        };
        let refused = Some(OffsetDateTime::UNIX_EPOCH + second);
        assert_eq!(now.after(refused).basis, VerificationBasis::Vouched);
    }

    #[test]
    fn nobody_vouches_without_the_role_from_the_join_page_or_for_themself() {
        let owner = Some(Role::Owner);
        for (source, role, inviter) in [
            (InvitationSource::Manual, None, "owner"),
            (InvitationSource::Manual, Some(Role::Viewer), "owner"),
            (InvitationSource::JoinPage, owner, "owner"),
            (InvitationSource::Manual, owner, "learner"),
        ] {
            assert_eq!(basis(source, role, inviter), VerificationBasis::SelfAsserted);
        }
    }
}

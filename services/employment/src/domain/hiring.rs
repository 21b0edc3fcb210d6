//! Why a person becomes employed, and whether that alone verifies it.

use std::collections::BTreeSet;

use muster_identity::Role;
use muster_ids::{GroupId, InvitationId, LocationId, OrganizationId, PersonId};

/// What an accepted invitation, or the approval of a profile, says about a person's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hiring {
    /// The organization.
    pub(crate) organization: OrganizationId,
    /// Who works there.
    pub(crate) person: PersonId,
    /// Their name, from their own token; may be empty.
    pub(crate) person_display_name: String,
    /// Whether somebody of the organization stands behind it.
    pub(crate) standing: Standing,
    /// The groups to join.
    pub(crate) groups: BTreeSet<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// The invitation that was accepted; `None` for the director.
    pub(crate) invitation: Option<InvitationId>,
}

/// Whether an employment is verified by what it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The organization, or registry staff, vouches for it.
    Vouched,
    /// Only the person says so: an administrator has to verify it.
    Unproven,
}

/// How an invitation came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// By hand.
    Manual,
    /// From a spreadsheet.
    Import,
    /// From the public join page: the person asked themself.
    JoinPage,
}

/// Who invited whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Invited {
    /// How the invitation came about.
    pub(crate) source: Source,
    /// Who invited.
    pub(crate) inviter: PersonId,
    /// The inviter's role at the organization now, not when they invited.
    pub(crate) inviter_role: Option<Role>,
    /// Who accepted.
    pub(crate) invitee: PersonId,
}

impl Invited {
    /// Verified at once only if an administrator chose this person, still may, and is somebody else.
    pub(crate) fn standing(self) -> Standing {
        let chosen = match self.source {
            Source::Manual | Source::Import => true,
            Source::JoinPage => false,
        };
        let may = self.inviter_role >= Some(Role::Admin);
        if chosen && may && self.inviter != self.invitee {
            Standing::Vouched
        } else {
            Standing::Unproven
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invited(source: Source, inviter_role: Option<Role>) -> Invited {
        let inviter = PersonId::derive("https://id.example.org", "owner");
        let invitee = PersonId::derive("https://id.example.org", "learner");
        Invited {
            source,
            inviter,
            inviter_role,
            invitee,
        }
    }

    #[test]
    fn an_administrator_who_chose_somebody_else_vouches_for_them() {
        for source in [Source::Manual, Source::Import] {
            for role in [Role::Admin, Role::Owner] {
                assert_eq!(invited(source, Some(role)).standing(), Standing::Vouched);
            }
        }
    }

    #[test]
    fn nobody_vouches_without_the_role_from_the_join_page_or_for_themself() {
        for role in [None, Some(Role::Viewer)] {
            assert_eq!(invited(Source::Manual, role).standing(), Standing::Unproven);
        }
        assert_eq!(
            invited(Source::JoinPage, Some(Role::Owner)).standing(),
            Standing::Unproven
        );
        let owner = invited(Source::Manual, Some(Role::Owner));
        let alone = Invited {
            invitee: owner.inviter,
            ..owner
        };
        assert_eq!(alone.standing(), Standing::Unproven);
    }
}

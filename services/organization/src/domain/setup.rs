//! What an organization still has to set up.

use time::OffsetDateTime;

use super::{OrganizationState, Plan, WaitingClaims};

/// What there is, as far as the steps ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetupFacts {
    pub(crate) state: OrganizationState,
    /// Whether there is a license number: a start-up has none.
    pub(crate) is_licensed: bool,
    pub(crate) plan: Plan,
    /// Active ones.
    pub(crate) trainings: i64,
    pub(crate) active_groups: i64,
    /// Active groups that require no active training.
    pub(crate) idle_groups: i64,
    /// Active ones.
    pub(crate) locations: i64,
    /// Admins whose access counts, without the owner.
    pub(crate) admins: i64,
    pub(crate) is_owner_reachable: bool,
    /// Persons with a verified employment, without the owner.
    pub(crate) employees: i64,
    pub(crate) claims: WaitingClaims,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupStep {
    License,
    ProfileSubmitted,
    ProfileActive,
    Catalog,
    Group,
    GroupTrainings,
    Location,
    SecondAdministrator,
    OwnerAddress,
    Subscription,
    Employees,
    EmploymentClaims,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetupState {
    Done,
    /// What to do, and the RPC that does it.
    ToDo {
        hint: &'static str,
        method: &'static str,
    },
    /// For whom it waits, or why it is too late.
    Waiting {
        hint: &'static str,
    },
}

/// One step of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetupItem {
    pub(crate) step: SetupStep,
    pub(crate) state: SetupState,
    /// How many there are of what the step makes, or of what waits.
    pub(crate) count: i64,
    /// Since when the first of what waits has.
    pub(crate) oldest: Option<OffsetDateTime>,
}

impl SetupStep {
    /// In the order in which they are done.
    pub(crate) const ALL: [Self; 12] = [
        Self::License,
        Self::ProfileSubmitted,
        Self::ProfileActive,
        Self::Catalog,
        Self::Group,
        Self::GroupTrainings,
        Self::Location,
        Self::SecondAdministrator,
        Self::OwnerAddress,
        Self::Subscription,
        Self::Employees,
        Self::EmploymentClaims,
    ];

    /// Whether nobody can be invited before.
    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::ProfileSubmitted | Self::ProfileActive | Self::Group)
    }
}

impl SetupFacts {
    /// Every step, in the order in which they are done.
    pub(crate) fn checklist(self) -> Vec<SetupItem> {
        let item = |step| SetupItem {
            step,
            state: self.state_of(step),
            count: self.count(step),
            oldest: self.claims.oldest.filter(|_| step == SetupStep::EmploymentClaims),
        };
        SetupStep::ALL.into_iter().map(item).collect()
    }

    /// Whether people can be invited.
    pub(crate) fn can_invite(self) -> bool {
        let required = SetupStep::ALL.into_iter().filter(|step| step.is_required());
        required
            .map(|step| self.state_of(step))
            .all(|state| state == SetupState::Done)
    }

    fn state_of(self, step: SetupStep) -> SetupState {
        match step {
            SetupStep::ProfileSubmitted => self.submitted(),
            SetupStep::ProfileActive => self.active(),
            _ if self.is_done(step) => SetupState::Done,
            _ => self.open(step),
        }
    }

    fn submitted(self) -> SetupState {
        match self.state {
            OrganizationState::Draft => SetupState::ToDo {
                hint: "Hand the profile in; registry staff look at the license then.",
                method: "SubmitOrganization",
            },
            OrganizationState::Returned => SetupState::ToDo {
                hint: "Registry staff gave the profile back: correct what they say, and hand it in again.",
                method: "SubmitOrganization",
            },
            OrganizationState::Submitted
            | OrganizationState::Active
            | OrganizationState::Rejected
            | OrganizationState::Suspended
            | OrganizationState::Closed => SetupState::Done,
        }
    }

    fn active(self) -> SetupState {
        let hint = match self.state {
            OrganizationState::Active => return SetupState::Done,
            OrganizationState::Draft | OrganizationState::Returned => {
                "Registry staff approve the profile once it is handed in."
            }
            OrganizationState::Submitted => "The profile waits for registry staff.",
            OrganizationState::Rejected => "Registry staff refused the profile; the profile says why.",
            OrganizationState::Suspended => {
                "Registry staff have suspended the organization; the profile says why."
            }
            OrganizationState::Closed => "The organization was closed.",
        };
        SetupState::Waiting { hint }
    }

    fn is_done(self, step: SetupStep) -> bool {
        match step {
            SetupStep::License => self.is_licensed,
            SetupStep::GroupTrainings => self.active_groups > 0 && self.idle_groups == 0,
            SetupStep::OwnerAddress => self.is_owner_reachable,
            SetupStep::Subscription => self.plan == Plan::Premium,
            SetupStep::EmploymentClaims => self.claims.count == 0,
            _ => self.count(step) > 0,
        }
    }

    fn open(self, step: SetupStep) -> SetupState {
        if !self.state.takes_changes() {
            let hint = "Nothing of the organization changes any more.";
            return SetupState::Waiting { hint };
        }
        let (hint, method) = match step {
            SetupStep::License => return self.unlicensed(),
            SetupStep::Catalog => (
                "Take trainings from the shared catalog into your own.",
                "AddTraining",
            ),
            SetupStep::Group if self.trainings == 0 => (
                "Make a group, into which people are invited; take trainings into your catalog first.",
                "CreateGroup",
            ),
            SetupStep::Group => ("Make a group, into which people are invited.", "CreateGroup"),
            SetupStep::GroupTrainings if self.active_groups == 0 => (
                "Make a group with the trainings that its learners must take.",
                "CreateGroup",
            ),
            SetupStep::GroupTrainings => (
                "Give each group the trainings that its learners must take: who joins one without any gets nothing to do.",
                "UpdateGroup",
            ),
            SetupStep::Location => ("Name the places where people work.", "CreateLocation"),
            SetupStep::SecondAdministrator => (
                "Let in a second administrator: somebody else has to verify your own employment, and to act when you cannot.",
                "CreateProfileUser",
            ),
            SetupStep::Employees if !self.can_invite() => {
                return SetupState::Waiting {
                    hint: "Invite people once the organization is active and has a group.",
                };
            }
            SetupStep::Employees => (
                "Tell the people who work for you what will come (GetAnnouncement has the words to copy), then invite them.",
                "BatchCreateInvitations",
            ),
            SetupStep::EmploymentClaims if !self.state.is_reviewed() => {
                return SetupState::Waiting {
                    hint: "Whoever says that they direct the organization is verified with its approval.",
                };
            }
            SetupStep::EmploymentClaims => (
                "People say that they work here: verify or reject each of them. Until then they count in no report, and whoever \
                 is one of them cannot be let in.",
                "BatchVerifyEmployments",
            ),
            SetupStep::OwnerAddress => {
                return SetupState::Waiting {
                    hint: "No address of the owner is known, so that mail reaches nobody: sign in with a verified one \
                           before the next profile, or accept the ownership from another owner.",
                };
            }
            SetupStep::Subscription => {
                return SetupState::Waiting {
                    hint: "Spreadsheets and the join page need a subscription, which registry staff activate.",
                };
            }
            SetupStep::ProfileSubmitted | SetupStep::ProfileActive => return SetupState::Done,
        };
        SetupState::ToDo { hint, method }
    }

    /// A start-up goes on without a license; who writes its number down depends on whether staff have the profile.
    fn unlicensed(self) -> SetupState {
        match self.state {
            OrganizationState::Draft | OrganizationState::Returned => SetupState::ToDo {
                hint: "A start-up is handed in without a license; once there is one, say its number and what it is for.",
                method: "UpdateOrganization",
            },
            _ => SetupState::Waiting {
                hint: "A start-up has no license yet: tell registry staff its number once there is one, they write it down.",
            },
        }
    }

    fn count(self, step: SetupStep) -> i64 {
        match step {
            SetupStep::Catalog => self.trainings,
            SetupStep::Group => self.active_groups,
            SetupStep::GroupTrainings => self.active_groups - self.idle_groups,
            SetupStep::Location => self.locations,
            SetupStep::SecondAdministrator => self.admins,
            SetupStep::Employees => self.employees,
            SetupStep::EmploymentClaims => self.claims.count,
            SetupStep::License
            | SetupStep::ProfileSubmitted
            | SetupStep::ProfileActive
            | SetupStep::OwnerAddress
            | SetupStep::Subscription => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: WaitingClaims = WaitingClaims {
        count: 0,
        oldest: None,
    };

    const DRAFT: SetupFacts = SetupFacts {
        state: OrganizationState::Draft,
        is_licensed: false,
        plan: Plan::Basic,
        trainings: 0,
        active_groups: 0,
        idle_groups: 0,
        locations: 0,
        admins: 0,
        is_owner_reachable: true,
        employees: 0,
        claims: NOBODY,
    };

    const FURNISHED: SetupFacts = SetupFacts {
        state: OrganizationState::Active,
        is_licensed: true,
        plan: Plan::Premium,
        trainings: 2,
        active_groups: 3,
        idle_groups: 0,
        locations: 1,
        admins: 1,
        is_owner_reachable: true,
        employees: 7,
        claims: NOBODY,
    };

    fn not_done(facts: SetupFacts) -> Vec<SetupStep> {
        let open = facts.checklist().into_iter();
        open.filter(|item| item.state != SetupState::Done)
            .map(|item| item.step)
            .collect()
    }

    #[test]
    fn what_is_furnished_has_nothing_left_to_do() {
        assert_eq!(not_done(FURNISHED), []);
        assert!(FURNISHED.can_invite());
    }

    #[test]
    fn a_draft_has_nearly_everything_left_and_every_open_step_says_what_to_do() {
        let open = not_done(DRAFT);
        assert_eq!(
            open.len(),
            SetupStep::ALL.len() - 2,
            "its owner is reachable, and nobody waits: {open:?}"
        );
        for state in OrganizationState::ALL {
            for item in (SetupFacts { state, ..DRAFT }).checklist() {
                match item.state {
                    SetupState::Done => {}
                    SetupState::ToDo { hint, method } => {
                        assert!(hint.ends_with('.') && !method.is_empty(), "{item:?}");
                    }
                    SetupState::Waiting { hint } => assert!(hint.ends_with('.'), "{item:?}"),
                }
            }
        }
    }

    #[test]
    fn people_can_be_invited_only_by_an_active_organization_with_a_group() {
        for state in OrganizationState::ALL {
            let facts = SetupFacts { state, ..FURNISHED };
            assert_eq!(facts.can_invite(), state == OrganizationState::Active, "{state}");
        }
        let without = SetupFacts {
            active_groups: 0,
            ..FURNISHED
        };
        assert!(!without.can_invite());
    }

    #[test]
    fn a_start_up_goes_on_without_a_license_and_is_told_who_writes_it_down() {
        for state in OrganizationState::ALL {
            let start_up = SetupFacts {
                state,
                is_licensed: false,
                ..FURNISHED
            };
            assert_eq!(
                start_up.can_invite(),
                state == OrganizationState::Active,
                "{state}"
            );
            let license = start_up.checklist().swap_remove(0);
            assert_eq!(license.step, SetupStep::License);
            let is_theirs = matches!(
                license.state,
                SetupState::ToDo {
                    method: "UpdateOrganization",
                    ..
                }
            );
            let is_written = matches!(state, OrganizationState::Draft | OrganizationState::Returned);
            assert_eq!(is_theirs, is_written, "{state}");
        }
    }

    #[test]
    fn nobody_who_waits_to_be_verified_is_overlooked() {
        let since = OffsetDateTime::UNIX_EPOCH;
        let claims = WaitingClaims {
            count: 3,
            oldest: Some(since),
        };
        for state in OrganizationState::ALL {
            let facts = SetupFacts {
                state,
                claims,
                ..FURNISHED
            };
            let step = facts.checklist().pop().unwrap();
            assert_eq!(step.step, SetupStep::EmploymentClaims);
            assert_eq!((step.count, step.oldest), (3, Some(since)));
            let is_theirs = matches!(state, OrganizationState::Active | OrganizationState::Suspended);
            assert_eq!(
                matches!(step.state, SetupState::ToDo { .. }),
                is_theirs,
                "{state}"
            );
        }
    }

    #[test]
    fn one_group_without_trainings_keeps_the_step_open() {
        let facts = SetupFacts {
            idle_groups: 1,
            ..FURNISHED
        };
        assert_eq!(not_done(facts), [SetupStep::GroupTrainings]);
        assert!(facts.can_invite(), "it is advice");
    }

    #[test]
    fn of_a_closed_organization_nothing_is_left_to_do() {
        let closed = SetupFacts {
            state: OrganizationState::Closed,
            ..DRAFT
        };
        let to_do = closed
            .checklist()
            .into_iter()
            .filter(|item| matches!(item.state, SetupState::ToDo { .. }));
        assert_eq!(to_do.count(), 0);
    }
}

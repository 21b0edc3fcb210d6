//! Assignments and their progress, which never goes back.

use std::fmt;

use muster_ids::{
    AssignmentId, CertificateId, GroupId, OrganizationId, PersonAssignmentName, PersonId, TrainingId,
};
use muster_states::{Transition, stored_enum};
use thiserror::Error;
use time::{Date, OffsetDateTime};

/// A training that a person must take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The learner.
    pub(crate) person: PersonId,
    pub(crate) id: AssignmentId,
    /// The organization whose it is; `None`: the learner's own.
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) training: TrainingId,
    pub(crate) training_display_name: String,
    pub(crate) state: AssignmentState,
    /// The groups of the organization that require it.
    pub(crate) groups: Vec<GroupId>,
    /// Whether the organization assigned it by hand.
    pub(crate) is_by_hand: bool,
    /// Until when it is to be done; `None`: nobody said.
    pub(crate) due: Option<Due>,
    /// Where its progress was moved.
    pub(crate) transferred_to: Option<PersonAssignmentName>,
    /// When progress was moved to it, or from it.
    pub(crate) transfer_time: Option<OffsetDateTime>,
    /// Raised with every change.
    pub(crate) version: i64,
    pub(crate) assign_time: OffsetDateTime,
}

/// The last day on which an assignment is done in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) date: Date,
    /// The time zone in which the day ends, such as `America/Detroit`.
    pub(crate) zone: String,
    /// When it is over there.
    pub(crate) end: OffsetDateTime,
    /// The group to whose learners it was said; `None`: to the learner themself.
    pub(crate) group: Option<GroupId>,
}

/// Where an assignment stands, with what belongs to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssignmentState {
    /// Not begun.
    Assigned,
    /// Begun.
    InProgress {
        /// How far; below 100.
        percent: Percent,
        /// When the learner began.
        start_time: OffsetDateTime,
    },
    /// Done.
    Completed {
        /// When the learner began.
        start_time: OffsetDateTime,
        /// When the learner completed it.
        complete_time: OffsetDateTime,
        /// The proof.
        certificate: CertificateId,
    },
    /// No longer to be taken.
    Cancelled {
        /// How far the learner had come.
        percent: Percent,
        /// When the learner had begun, if they had.
        start_time: Option<OffsetDateTime>,
        /// Why; `None` of what was cancelled before that was kept.
        reason: Option<CancelReason>,
    },
}

stored_enum! {
    /// Why an assignment is cancelled.
    pub(crate) enum CancelReason {
        /// The employment in which it was assigned was over before it was begun.
        EmploymentOver = "EMPLOYMENT_OVER",
        /// No group required it any more.
        NotRequired = "NOT_REQUIRED",
        /// The organization took it back.
        TakenBack = "TAKEN_BACK",
        /// Its progress was moved to an organization's.
        Transferred = "TRANSFERRED",
    }
}

stored_enum! {
    /// A state of an assignment by name.
    pub(crate) enum AssignmentStateName {
        Assigned = "ASSIGNED",
        InProgress = "IN_PROGRESS",
        Completed = "COMPLETED",
        Cancelled = "CANCELLED",
    }
}

/// Percent of a course: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Percent(u8);

/// A number that is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be between 0 and 100")]
pub(crate) struct PercentProblem;

/// The assignment is cancelled and takes no progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the assignment is cancelled")]
pub(crate) struct AssignmentClosed;

/// Why an assignment is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTakenBack {
    /// The learner has begun it.
    Begun,
    /// A group requires it, and nothing else asks for it.
    Required,
}

/// Why progress is not moved; where it says so, between which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotMoved {
    /// The one is an organization's, or the other is none's.
    NotOwn(PersonAssignmentName),
    /// Done.
    Completed(PersonAssignmentName),
    /// Cancelled, or moved to somewhere else.
    Closed,
    /// They are of different trainings.
    OtherTraining,
}

/// An assignment whose progress was moved, and the one that has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) from: Assignment,
    pub(crate) to: Assignment,
}

impl Percent {
    /// Nothing yet.
    pub(crate) const ZERO: Self = Self(0);
    /// All of it.
    pub(crate) const WHOLE: Self = Self(100);

    /// The number.
    pub(crate) fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<i32> for Percent {
    type Error = PercentProblem;

    fn try_from(number: i32) -> Result<Self, PercentProblem> {
        u8::try_from(number)
            .ok()
            .filter(|&percent| percent <= 100)
            .map(Self)
            .ok_or(PercentProblem)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl AssignmentStateName {
    /// The states in which it takes progress.
    pub(crate) const LIVE: [Self; 2] = [Self::Assigned, Self::InProgress];
    /// The states in which the organization asks for the training no second time.
    pub(crate) const STANDING: [Self; 3] = [Self::Assigned, Self::InProgress, Self::Completed];
}

impl AssignmentState {
    /// Its name.
    pub(crate) fn name(self) -> AssignmentStateName {
        match self {
            Self::Assigned => AssignmentStateName::Assigned,
            Self::InProgress { .. } => AssignmentStateName::InProgress,
            Self::Completed { .. } => AssignmentStateName::Completed,
            Self::Cancelled { .. } => AssignmentStateName::Cancelled,
        }
    }

    /// How far the learner is.
    pub(crate) fn percent(self) -> Percent {
        match self {
            Self::Assigned => Percent::ZERO,
            Self::InProgress { percent, .. } | Self::Cancelled { percent, .. } => percent,
            Self::Completed { .. } => Percent::WHOLE,
        }
    }

    /// When the learner began, if they have.
    pub(crate) fn start_time(self) -> Option<OffsetDateTime> {
        match self {
            Self::Assigned => None,
            Self::InProgress { start_time, .. } | Self::Completed { start_time, .. } => Some(start_time),
            Self::Cancelled { start_time, .. } => start_time,
        }
    }

    /// Why it is cancelled, if it is and that is known.
    pub(crate) fn cancel_reason(self) -> Option<CancelReason> {
        match self {
            Self::Cancelled { reason, .. } => reason,
            Self::Assigned | Self::InProgress { .. } | Self::Completed { .. } => None,
        }
    }

    /// When the learner was done, and the proof of it.
    pub(crate) fn completion(self) -> Option<(OffsetDateTime, CertificateId)> {
        match self {
            Self::Completed {
                complete_time,
                certificate,
                ..
            } => Some((complete_time, certificate)),
            Self::Assigned | Self::InProgress { .. } | Self::Cancelled { .. } => None,
        }
    }
}

impl Assignment {
    /// The learner has come to `percent`. A report that is not ahead of what is known changes nothing; 0 percent is no
    /// beginning. `certificate`: the id of the proof, if this completes it.
    pub(crate) fn report(
        self,
        percent: Percent,
        certificate: CertificateId,
        now: OffsetDateTime,
    ) -> Transition<Self, AssignmentClosed> {
        match self.state {
            AssignmentState::Cancelled { .. } => return Transition::Refused(AssignmentClosed),
            AssignmentState::Completed { .. } => return Transition::AlreadyDone(self),
            AssignmentState::Assigned | AssignmentState::InProgress { .. } => {}
        }
        if percent <= self.state.percent() {
            return Transition::AlreadyDone(self);
        }
        let start_time = self.state.start_time().unwrap_or(now);
        let state = if percent == Percent::WHOLE {
            AssignmentState::Completed {
                start_time,
                complete_time: now,
                certificate,
            }
        } else {
            AssignmentState::InProgress { percent, start_time }
        };
        Transition::Changed(Self {
            state,
            version: self.version + 1,
            ..self
        })
    }

    /// The organization takes back what it assigned by hand. With that goes the day that it was due; what a group requires
    /// stays.
    pub(crate) fn take_back(self) -> Transition<Self, NotTakenBack> {
        match self.state {
            AssignmentState::Cancelled { .. } => return Transition::AlreadyDone(self),
            AssignmentState::InProgress { .. } | AssignmentState::Completed { .. } => {
                return Transition::Refused(NotTakenBack::Begun);
            }
            AssignmentState::Assigned => {}
        }
        let state = match (self.groups.is_empty(), self.is_by_hand) {
            (true, _) => AssignmentState::Cancelled {
                percent: Percent::ZERO,
                start_time: None,
                reason: Some(CancelReason::TakenBack),
            },
            (false, true) => AssignmentState::Assigned,
            (false, false) => return Transition::Refused(NotTakenBack::Required),
        };
        Transition::Changed(Self {
            state,
            is_by_hand: false,
            due: None,
            version: self.version + 1,
            ..self
        })
    }

    /// What the person took by themself goes on as an organization's `to`: the further progress stays, and whoever began first has
    /// begun then.
    pub(crate) fn move_to(self, to: Self, now: OffsetDateTime) -> Transition<Moved, NotMoved> {
        let (from_name, to_name) = (self.name(), to.name());
        if self.transferred_to == Some(to_name) {
            return Transition::AlreadyDone(Moved { from: self, to });
        }
        if self.organization.is_some() {
            return Transition::Refused(NotMoved::NotOwn(from_name));
        }
        if to.organization.is_none() {
            return Transition::Refused(NotMoved::NotOwn(to_name));
        }
        if self.training != to.training {
            return Transition::Refused(NotMoved::OtherTraining);
        }
        for (assignment, name) in [(&self, from_name), (&to, to_name)] {
            match assignment.state {
                AssignmentState::Assigned | AssignmentState::InProgress { .. } => {}
                AssignmentState::Completed { .. } => return Transition::Refused(NotMoved::Completed(name)),
                AssignmentState::Cancelled { .. } => return Transition::Refused(NotMoved::Closed),
            }
        }
        let start_times = [self.state.start_time(), to.state.start_time()];
        let further = self.state.percent().max(to.state.percent());
        let state = match start_times.into_iter().flatten().min() {
            Some(start_time) => AssignmentState::InProgress {
                percent: further,
                start_time,
            },
            None => AssignmentState::Assigned,
        };
        let from = Self {
            state: AssignmentState::Cancelled {
                percent: self.state.percent(),
                start_time: self.state.start_time(),
                reason: Some(CancelReason::Transferred),
            },
            transferred_to: Some(to_name),
            transfer_time: Some(now),
            version: self.version + 1,
            ..self
        };
        let to = Self {
            state,
            transfer_time: Some(now),
            version: to.version + 1,
            ..to
        };
        Transition::Changed(Moved { from, to })
    }

    /// As the person and the learning system name it.
    pub(crate) fn name(&self) -> PersonAssignmentName {
        PersonAssignmentName {
            person: self.person,
            assignment: self.id,
        }
    }

    /// Whether its day is over and it is not done, or was done after it.
    pub(crate) fn is_late(&self, now: OffsetDateTime) -> bool {
        let Some(due) = &self.due else {
            return false;
        };
        match self.state {
            AssignmentState::Assigned | AssignmentState::InProgress { .. } => now >= due.end,
            AssignmentState::Completed { complete_time, .. } => complete_time >= due.end,
            AssignmentState::Cancelled { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const NOW: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn percent(number: i32) -> Percent {
        number.try_into().unwrap()
    }

    fn certificate() -> CertificateId {
        Uuid::from_u128(9).into()
    }

    fn begun(number: i32, start_time: OffsetDateTime) -> AssignmentState {
        AssignmentState::InProgress {
            percent: percent(number),
            start_time,
        }
    }

    fn done(start_time: OffsetDateTime) -> AssignmentState {
        AssignmentState::Completed {
            start_time,
            complete_time: NOW,
            certificate: certificate(),
        }
    }

    fn assignment(state: AssignmentState) -> Assignment {
        let id = Uuid::from_u128;
        Assignment {
            person: id(1).into(),
            id: id(2).into(),
            organization: Some(id(3).into()),
            training: id(4).into(),
            training_display_name: "Reporting".to_owned(),
            state,
            groups: Vec::new(),
            is_by_hand: true,
            due: None,
            transferred_to: None,
            transfer_time: None,
            version: 7,
            assign_time: START,
        }
    }

    /// All nine pairs: the further one stays, whichever side it was on.
    #[test]
    fn of_two_the_further_one_stays() {
        let states = [
            (AssignmentState::Assigned, 0),
            (begun(30, START), 30),
            (begun(60, NOW), 60),
        ];
        for (own, own_percent) in states {
            for (organizations, organizations_percent) in states {
                let from = Assignment {
                    organization: None,
                    ..assignment(own)
                };
                let to = Assignment {
                    id: Uuid::from_u128(77).into(),
                    ..assignment(organizations)
                };
                let Transition::Changed(moved) = from.clone().move_to(to.clone(), NOW) else {
                    panic!("{own:?} to {organizations:?}")
                };
                let further = own_percent.max(organizations_percent);
                assert_eq!(moved.to.state.percent(), percent(further));
                let begun_first = own
                    .start_time()
                    .into_iter()
                    .chain(organizations.start_time())
                    .min();
                assert_eq!(moved.to.state.start_time(), begun_first);
                assert_eq!(moved.from.state.percent(), percent(own_percent));
                assert_eq!(moved.from.state.cancel_reason(), Some(CancelReason::Transferred));
                assert_eq!((moved.from.version, moved.to.version), (8, 8));
                let again = moved.from.clone().move_to(moved.to.clone(), NOW);
                assert_eq!(again, Transition::AlreadyDone(moved.clone()));
                let elsewhere = Assignment {
                    id: Uuid::from_u128(78).into(),
                    ..to
                };
                let again = moved.from.move_to(elsewhere, NOW);
                assert_eq!(again, Transition::Refused(NotMoved::Closed));
            }
        }
    }

    #[test]
    fn what_is_done_cancelled_or_of_another_kind_is_not_moved() {
        let own = |state| Assignment {
            organization: None,
            ..assignment(state)
        };
        let to = |state| Assignment {
            id: Uuid::from_u128(77).into(),
            ..assignment(state)
        };
        let refused = |from: Assignment, to: Assignment| match from.move_to(to, NOW) {
            Transition::Refused(why) => why,
            other => panic!("{other:?}"),
        };
        let live = AssignmentState::Assigned;
        let cancelled = AssignmentState::Cancelled {
            percent: percent(3),
            start_time: Some(START),
            reason: None,
        };
        assert_eq!(
            refused(own(done(START)), to(live)),
            NotMoved::Completed(own(live).name())
        );
        assert_eq!(
            refused(own(live), to(done(START))),
            NotMoved::Completed(to(live).name())
        );
        assert_eq!(refused(own(cancelled), to(live)), NotMoved::Closed);
        assert_eq!(refused(own(live), to(cancelled)), NotMoved::Closed);
        assert_eq!(
            refused(assignment(live), to(live)),
            NotMoved::NotOwn(own(live).name())
        );
        let none = Assignment {
            organization: None,
            ..to(live)
        };
        assert_eq!(refused(own(live), none), NotMoved::NotOwn(to(live).name()));
        let other = Assignment {
            training: Uuid::from_u128(9).into(),
            ..to(live)
        };
        assert_eq!(refused(own(live), other), NotMoved::OtherTraining);
    }

    #[test]
    fn what_is_begun_or_required_is_not_taken_back() {
        let group: GroupId = Uuid::from_u128(5).into();
        let refused = |assignment: Assignment| match assignment.take_back() {
            Transition::Refused(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(assignment(begun(1, START))), NotTakenBack::Begun);
        assert_eq!(refused(assignment(done(START))), NotTakenBack::Begun);
        let required = Assignment {
            groups: vec![group],
            ..assignment(AssignmentState::Assigned)
        };
        // Asked for by both: the hand goes, the group stays.
        let Transition::Changed(kept) = required.take_back() else {
            panic!("it was by hand")
        };
        assert_eq!((kept.state, kept.is_by_hand), (AssignmentState::Assigned, false));
        assert_eq!(refused(kept), NotTakenBack::Required);
        let Transition::Changed(cancelled) = assignment(AssignmentState::Assigned).take_back() else {
            panic!("nothing kept it")
        };
        assert_eq!(cancelled.state.cancel_reason(), Some(CancelReason::TakenBack));
        assert_eq!(cancelled.clone().take_back(), Transition::AlreadyDone(cancelled));
    }

    #[test]
    fn late_is_after_the_end_of_the_day_that_was_due_and_not_on_its_evening() {
        let end = NOW;
        let second = time::Duration::SECOND;
        let due = |state| Assignment {
            due: Some(Due {
                date: time::macros::date!(2026 - 03 - 01),
                zone: "UTC".to_owned(),
                end,
                group: None,
            }),
            ..assignment(state)
        };
        for state in [AssignmentState::Assigned, begun(99, START)] {
            assert!(!due(state).is_late(end - second) && due(state).is_late(end));
        }
        let at = |complete_time| AssignmentState::Completed {
            start_time: START,
            complete_time,
            certificate: certificate(),
        };
        let later = end + 1000 * second;
        assert!(!due(at(end - second)).is_late(later) && due(at(end)).is_late(later));
        assert!(!assignment(AssignmentState::Assigned).is_late(later));
    }

    /// What a report comes to: the next state, or `None` when nothing changes.
    fn reported(state: AssignmentState, number: i32) -> Option<AssignmentState> {
        match assignment(state).report(percent(number), certificate(), NOW) {
            Transition::Changed(next) => {
                assert_eq!(next.version, 8);
                Some(next.state)
            }
            Transition::AlreadyDone(same) => {
                assert_eq!(same, assignment(state));
                None
            }
            Transition::Refused(closed) => panic!("{closed}"),
        }
    }

    #[test]
    fn the_first_progress_begins_it() {
        assert_eq!(reported(AssignmentState::Assigned, 10), Some(begun(10, NOW)));
        assert_eq!(reported(AssignmentState::Assigned, 0), None);
        assert_eq!(reported(AssignmentState::Assigned, 100), Some(done(NOW)));
    }

    #[test]
    fn progress_never_goes_back() {
        let at_40 = begun(40, START);
        assert_eq!(reported(at_40, 39), None);
        assert_eq!(reported(at_40, 40), None);
        assert_eq!(reported(at_40, 41), Some(begun(41, START)));
        assert_eq!(reported(at_40, 100), Some(done(START)));
    }

    #[test]
    fn what_is_done_stays_done_and_what_is_cancelled_takes_nothing() {
        assert_eq!(reported(done(START), 100), None);
        assert_eq!(reported(done(START), 50), None);
        let cancelled = assignment(AssignmentState::Cancelled {
            percent: percent(40),
            start_time: Some(START),
            reason: None,
        });
        let reported = cancelled.report(percent(50), certificate(), NOW);
        assert_eq!(reported, Transition::Refused(AssignmentClosed));
    }

    #[test]
    fn only_0_to_100_are_percent() {
        assert!(
            Percent::try_from(-1).is_err()
                && Percent::try_from(101).is_err()
                && Percent::try_from(356).is_err()
        );
        assert_eq!(percent(100), Percent::WHOLE);
    }
}

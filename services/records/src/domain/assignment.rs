//! Assignments and their progress, which never goes back.

use std::fmt;

use muster_ids::{AssignmentId, CertificateId, OrganizationId, PersonId, TrainingId};
use thiserror::Error;
use time::OffsetDateTime;

/// A training that a person must take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The learner.
    pub(crate) person: PersonId,
    /// Its id.
    pub(crate) id: AssignmentId,
    /// The organization that made it.
    pub(crate) organization: OrganizationId,
    /// The training.
    pub(crate) training: TrainingId,
    /// The name of the training.
    pub(crate) training_display_name: String,
    /// Where it stands.
    pub(crate) state: AssignmentState,
    /// Raised with every change.
    pub(crate) version: i64,
    /// When it was assigned.
    pub(crate) assign_time: OffsetDateTime,
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
    },
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

/// What a report of progress does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it tells nothing new.
    Nothing,
    /// The learner has come further.
    Advance {
        /// How far; below 100.
        percent: Percent,
        /// When the learner began: now, if this is the first report.
        start_time: OffsetDateTime,
    },
    /// The learner is done.
    Complete {
        /// When the learner began: now, if this is the first report.
        start_time: OffsetDateTime,
    },
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

impl AssignmentState {
    /// How far the learner is.
    pub(crate) fn percent(self) -> Percent {
        match self {
            Self::Assigned => Percent::ZERO,
            Self::InProgress { percent, .. } | Self::Cancelled { percent, .. } => percent,
            Self::Completed { .. } => Percent::WHOLE,
        }
    }

    /// What the report that the learner has come to `percent` does. A report that is not ahead of what is known does
    /// nothing; 0 percent is no beginning.
    ///
    /// # Errors
    /// The assignment is cancelled.
    pub(crate) fn report(self, percent: Percent, now: OffsetDateTime) -> Result<Step, AssignmentClosed> {
        let begun = match self {
            Self::Assigned => None,
            Self::InProgress { start_time, .. } => Some(start_time),
            Self::Completed { .. } => return Ok(Step::Nothing),
            Self::Cancelled { .. } => return Err(AssignmentClosed),
        };
        let start_time = begun.unwrap_or(now);
        Ok(if percent <= self.percent() {
            Step::Nothing
        } else if percent == Percent::WHOLE {
            Step::Complete { start_time }
        } else {
            Step::Advance { percent, start_time }
        })
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

    fn at(number: i32) -> AssignmentState {
        AssignmentState::InProgress {
            percent: percent(number),
            start_time: START,
        }
    }

    #[test]
    fn the_first_progress_begins_it() {
        let step = AssignmentState::Assigned.report(percent(10), NOW);
        assert_eq!(
            step,
            Ok(Step::Advance {
                percent: percent(10),
                start_time: NOW
            })
        );
        assert_eq!(
            AssignmentState::Assigned.report(Percent::ZERO, NOW),
            Ok(Step::Nothing)
        );
        let at_once = AssignmentState::Assigned.report(Percent::WHOLE, NOW);
        assert_eq!(at_once, Ok(Step::Complete { start_time: NOW }));
    }

    #[test]
    fn progress_never_goes_back() {
        assert_eq!(at(40).report(percent(39), NOW), Ok(Step::Nothing));
        assert_eq!(at(40).report(percent(40), NOW), Ok(Step::Nothing));
        assert_eq!(
            at(40).report(percent(41), NOW),
            Ok(Step::Advance {
                percent: percent(41),
                start_time: START
            })
        );
        assert_eq!(
            at(40).report(Percent::WHOLE, NOW),
            Ok(Step::Complete { start_time: START })
        );
    }

    #[test]
    fn what_is_done_stays_done_and_what_is_cancelled_takes_nothing() {
        let certificate = CertificateId::from_uuid(Uuid::from_u128(1));
        let done = AssignmentState::Completed {
            start_time: START,
            complete_time: START,
            certificate,
        };
        assert_eq!(done.report(Percent::WHOLE, NOW), Ok(Step::Nothing));
        let cancelled = AssignmentState::Cancelled {
            percent: percent(40),
            start_time: Some(START),
        };
        assert_eq!(cancelled.report(percent(50), NOW), Err(AssignmentClosed));
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

//! The end of an employment: settled, come, taken back.

use muster_states::{Transition, stored_enum};
use time::{Date, Duration, OffsetDateTime};

use super::{Employment, EmploymentState};

/// For so long an end can be taken back.
const UNDO: Duration = Duration::hours(24);

/// How an employment ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// In the words of who ended it.
    pub(crate) reason: String,
    pub(crate) by: Side,
    /// `None` of what ended before last days were kept.
    pub(crate) last_day: Option<Date>,
    pub(crate) at: EndTime,
}

/// An end as somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedEnd {
    pub(crate) end: End,
    /// Whether they said the last day; otherwise it is today.
    pub(crate) says_day: bool,
}

/// When an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndTime {
    /// It was then.
    Past(OffsetDateTime),
    /// It is to come; then it is to be looked whether the last day is over.
    Due(OffsetDateTime),
}

stored_enum! {
    /// One of the two whom an employment ties together.
    pub(crate) enum Side {
        Person = "PERSON",
        Organization = "ORGANIZATION",
    }
}

/// Why an employment does not end as it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotEndable {
    State(EmploymentState),
    /// The last day is before the first.
    BeforeStart,
    /// The other side has settled an earlier end, or has ended it on another day.
    ByOther,
}

/// Why an end is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotUndone {
    State(EmploymentState),
    /// The other side has ended it.
    ByOther,
    TooLate,
}

impl End {
    /// One that is there as soon as it is settled.
    pub(crate) fn now(reason: String, by: Side, last_day: Date, now: OffsetDateTime) -> Self {
        Self {
            reason,
            by,
            last_day: Some(last_day),
            at: EndTime::Past(now),
        }
    }

    /// When it was; `None` while it is to come.
    pub(crate) fn time(&self) -> Option<OffsetDateTime> {
        match self.at {
            EndTime::Past(time) => Some(time),
            EndTime::Due(_) => None,
        }
    }

    /// When to look whether it has come; `None` once it has.
    pub(crate) fn due_time(&self) -> Option<OffsetDateTime> {
        match self.at {
            EndTime::Due(time) => Some(time),
            EndTime::Past(_) => None,
        }
    }

    /// Until when it can be taken back, once it has come.
    pub(crate) fn undo_deadline(&self) -> Option<OffsetDateTime> {
        self.time().map(|time| time + UNDO)
    }

    /// Whether this says the same as one that is settled already.
    fn repeats(&self, settled: &Self) -> bool {
        (&self.reason, self.by, self.last_day) == (&settled.reason, settled.by, settled.last_day)
    }
}

impl Employment {
    /// VERIFIED → ENDED, or a last day that is to come. The first end stays: one who ends it again finds it done, unless they say another
    /// last day ([`Self::end_otherwise`]). A last day that is to come is moved; that of the other side only to an earlier one.
    pub(crate) fn end(self, asked: AskedEnd) -> Transition<Self, NotEndable> {
        let end = match self.state {
            EmploymentState::Verified => asked.end,
            EmploymentState::Ended => return self.end_otherwise(asked),
            EmploymentState::PendingVerification | EmploymentState::Rejected | EmploymentState::Withdrawn => {
                return Transition::Refused(NotEndable::State(self.state));
            }
        };
        if self.begins_after(&end) {
            return Transition::Refused(NotEndable::BeforeStart);
        }
        let is_to_come = end.due_time().is_some();
        match &self.end {
            Some(settled) if is_to_come && end.repeats(settled) => return Transition::AlreadyDone(self),
            Some(settled) if is_to_come && end.by != settled.by && end.last_day >= settled.last_day => {
                return Transition::Refused(NotEndable::ByOther);
            }
            _ => {}
        }
        let state = if is_to_come {
            EmploymentState::Verified
        } else {
            EmploymentState::Ended
        };
        Transition::Changed(Self {
            end: Some(end),
            ..self.to(state)
        })
    }

    /// ENDED stays ENDED. Who ended it corrects the last day, and with it the reason; not to one that is to come, for which they take the end
    /// back. When it ended, and until when that can be taken back, stays; so does the version: no event tells of a last day, and what
    /// comes after this one has continued it. Nobody else says another day, and who says none finds it done.
    fn end_otherwise(self, asked: AskedEnd) -> Transition<Self, NotEndable> {
        let AskedEnd { end, says_day } = asked;
        let settled = self.end.as_ref();
        if !says_day || settled.is_some_and(|settled| settled.last_day == end.last_day) {
            return Transition::AlreadyDone(self);
        }
        let Some(settled) = settled.filter(|settled| settled.by == end.by).cloned() else {
            return Transition::Refused(NotEndable::ByOther);
        };
        if end.due_time().is_some() {
            return Transition::Refused(NotEndable::State(self.state));
        }
        if self.begins_after(&end) {
            return Transition::Refused(NotEndable::BeforeStart);
        }
        let End { reason, last_day, .. } = end;
        Transition::Changed(Self {
            end: Some(End {
                reason,
                last_day,
                ..settled
            }),
            ..self
        })
    }

    fn begins_after(&self, end: &End) -> bool {
        self.start.is_some_and(|start| end.last_day < Some(start))
    }

    /// VERIFIED or PENDING_VERIFICATION → ENDED: the organization was closed, and nobody is left to verify it.
    pub(crate) fn close(self, end: End) -> Transition<Self, NotEndable> {
        match self.state {
            EmploymentState::PendingVerification | EmploymentState::Verified => Transition::Changed(Self {
                end: Some(end),
                ..self.to(EmploymentState::Ended)
            }),
            EmploymentState::Ended => Transition::AlreadyDone(self),
            EmploymentState::Rejected | EmploymentState::Withdrawn => {
                Transition::Refused(NotEndable::State(self.state))
            }
        }
    }

    /// VERIFIED or PENDING_VERIFICATION → ENDED: its last day is over. What has none to come stays as it is.
    pub(crate) fn come_to_its_end(self, now: OffsetDateTime) -> Transition<Self, std::convert::Infallible> {
        match self.end.clone() {
            Some(end) if end.due_time().is_some() => Transition::Changed(Self {
                end: Some(End {
                    at: EndTime::Past(now),
                    ..end
                }),
                ..self.to(EmploymentState::Ended)
            }),
            _ => Transition::AlreadyDone(self),
        }
    }

    /// ENDED → what it was before, within 24 hours; or no last day to come any more. By the side that ended it.
    pub(crate) fn undo_end(self, by: Side, now: OffsetDateTime) -> Transition<Self, NotUndone> {
        let state = match (self.state, self.verify_time) {
            (EmploymentState::Rejected | EmploymentState::Withdrawn, _) => {
                return Transition::Refused(NotUndone::State(self.state));
            }
            (EmploymentState::Ended, Some(_)) => EmploymentState::Verified,
            (EmploymentState::Ended, None) => EmploymentState::PendingVerification,
            (open, _) => open,
        };
        let Some(end) = &self.end else {
            return if state == self.state {
                Transition::AlreadyDone(self)
            } else {
                Transition::Refused(NotUndone::TooLate)
            };
        };
        if end.by != by {
            return Transition::Refused(NotUndone::ByOther);
        }
        if end.undo_deadline().is_some_and(|deadline| now > deadline) {
            return Transition::Refused(NotUndone::TooLate);
        }
        Transition::Changed(Self {
            end: None,
            ..self.to(state)
        })
    }
}

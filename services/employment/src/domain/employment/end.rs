//! The end of an employment: settled, come, taken back.

use muster_clock::TimeZones;
use muster_states::{Transition, stored_enum};
use time::{Date, Duration, OffsetDateTime};

use super::{Edit, Employment, EmploymentState, NotEditable, position};

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
    /// In the words of who asks.
    pub(crate) reason: String,
    pub(crate) by: Side,
    /// `None`: at once.
    pub(crate) last_day: Option<Date>,
    /// The day that it is where the organization is.
    pub(crate) today: Date,
    /// When to look whether the day is over; `None` of one that is not to come.
    pub(crate) due: Option<OffsetDateTime>,
    pub(crate) now: OffsetDateTime,
}

/// A last day that one side had settled, and that something else has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) reason: String,
    pub(crate) last_day: Date,
}

/// What each side had settled before the end that stands now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) person: Option<Settled>,
    pub(crate) organization: Option<Settled>,
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
    /// The other side has settled an earlier end or the same, or has ended it on another day.
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

impl AskedEnd {
    /// What it is of an employment with this first day. Without a day it is there at once: what has not begun by then never begins,
    /// and its last day is its first.
    fn of(&self, first_day: Option<Date>) -> End {
        let at_once = first_day.map_or(self.today, |first| first.max(self.today));
        End {
            reason: self.reason.clone(),
            by: self.by,
            last_day: Some(self.last_day.unwrap_or(at_once)),
            at: self.due.map_or(EndTime::Past(self.now), EndTime::Due),
        }
    }
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Person => Self::Organization,
            Self::Organization => Self::Person,
        }
    }
}

impl Kept {
    fn of(&mut self, side: Side) -> &mut Option<Settled> {
        match side {
            Side::Person => &mut self.person,
            Side::Organization => &mut self.organization,
        }
    }

    fn put(&mut self, end: End) {
        let by = end.by;
        *self.of(by) = end.settled();
    }
}

impl End {
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

    fn settled(self) -> Option<Settled> {
        let Self { reason, last_day, .. } = self;
        last_day.map(|last_day| Settled { reason, last_day })
    }
}

impl Employment {
    /// VERIFIED, or verified before and waiting again → ENDED, or a last day that is to come. The first end stays: one who ends it
    /// again finds it done, unless they say a last day ([`Self::correct_end`]). A last day that is to come is moved; that of the other
    /// side only to an earlier one, also where it is kept behind one's own.
    pub(crate) fn end(self, asked: AskedEnd) -> Transition<Self, NotEndable> {
        match self.state {
            EmploymentState::Verified => {}
            EmploymentState::PendingVerification if self.was_verified() => {}
            EmploymentState::Ended => return self.correct_end(asked),
            EmploymentState::PendingVerification | EmploymentState::Rejected | EmploymentState::Withdrawn => {
                return Transition::Refused(NotEndable::State(self.state));
            }
        }
        let end = asked.of(self.first_day());
        if self.begins_after(&end) {
            return Transition::Refused(NotEndable::BeforeStart);
        }
        let is_to_come = end.due_time().is_some();
        if is_to_come {
            if self.end.as_ref().is_some_and(|settled| end.repeats(settled)) {
                return Transition::AlreadyDone(self);
            }
            if self.is_put_off_by(&end) {
                return Transition::Refused(NotEndable::ByOther);
            }
        }
        let mut kept = self.kept.clone();
        if is_to_come {
            *kept.of(end.by) = None;
        }
        if let Some(settled) = self
            .end
            .clone()
            .filter(|settled| settled.by != end.by || !is_to_come)
        {
            kept.put(settled);
        }
        let state = if is_to_come {
            self.state
        } else {
            EmploymentState::Ended
        };
        Transition::Changed(Self {
            end: Some(end),
            kept,
            ..self.to(state)
        })
    }

    /// Whether the other side has settled a last day that this one is not before.
    fn is_put_off_by(&self, end: &End) -> bool {
        let settled = self.end.clone().filter(|settled| settled.by != end.by);
        let kept = self.kept.clone().of(end.by.other()).take();
        let others = settled.and_then(End::settled).or(kept);
        others.is_some_and(|others| end.last_day >= Some(others.last_day))
    }

    /// ENDED stays ENDED. Who ended it corrects the last day and the reason, by saying the day; not to one that is to come, for which they
    /// take the end back. When it ended, and until when that can be taken back, stays; so does the version: no event tells of a last day,
    /// and what comes after this one has continued it. Nobody else says another day, and who says none finds it done.
    fn correct_end(self, asked: AskedEnd) -> Transition<Self, NotEndable> {
        let Some(last_day) = asked.last_day else {
            return Transition::AlreadyDone(self);
        };
        let same_day = self.end.as_ref().and_then(|settled| settled.last_day) == Some(last_day);
        let Some(settled) = self.end.clone().filter(|settled| settled.by == asked.by) else {
            return if same_day {
                Transition::AlreadyDone(self)
            } else {
                Transition::Refused(NotEndable::ByOther)
            };
        };
        if same_day && settled.reason == asked.reason {
            return Transition::AlreadyDone(self);
        }
        if asked.due.is_some() && !same_day {
            return Transition::Refused(NotEndable::State(self.state));
        }
        let corrected = End {
            reason: asked.reason,
            last_day: Some(last_day),
            ..settled
        };
        if self.begins_after(&corrected) {
            return Transition::Refused(NotEndable::BeforeStart);
        }
        Transition::Changed(Self {
            end: Some(corrected),
            corrections: self.corrections + 1,
            ..self
        })
    }

    /// ENDED stays ENDED. The person who ended it says when their positions ended, not later than the last day; nothing that was verified
    /// is said anew, which nobody would verify any more. As of a last day that is corrected, the version stays.
    pub(super) fn date_positions(self, edit: Edit) -> Transition<Self, NotEditable> {
        let refused = NotEditable::State(self.state);
        let by_person = self.end.as_ref().filter(|end| end.by == Side::Person);
        let (Some(end), Some(positions)) = (by_person, edit.positions) else {
            return Transition::Refused(refused);
        };
        let is_dated = edit.start.is_none_or(|start| start == self.start)
            && position::only_dated(&self.positions, &positions);
        if !is_dated {
            return Transition::Refused(refused);
        }
        if positions == self.positions {
            return Transition::AlreadyDone(self);
        }
        let late = position::end_after(end.last_day, &self.positions, &positions);
        if !late.is_empty() {
            return Transition::Refused(NotEditable::EndAfterLastDay(late));
        }
        Transition::Changed(Self {
            positions,
            corrections: self.corrections + 1,
            ..self
        })
    }

    fn begins_after(&self, end: &End) -> bool {
        self.first_day()
            .is_some_and(|first_day| end.last_day < Some(first_day))
    }

    /// VERIFIED or PENDING_VERIFICATION → ENDED: the organization was closed, and nobody is left to verify it. `today`: where it is.
    pub(crate) fn close(
        self,
        reason: String,
        today: Date,
        now: OffsetDateTime,
    ) -> Transition<Self, NotEndable> {
        let asked = AskedEnd {
            reason,
            by: Side::Organization,
            last_day: None,
            today,
            due: None,
            now,
        };
        match self.state {
            EmploymentState::PendingVerification | EmploymentState::Verified => {
                let end = asked.of(self.first_day());
                Transition::Changed(Self {
                    end: Some(end),
                    ..self.without_end().to(EmploymentState::Ended)
                })
            }
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

    /// ENDED → what it was before, within 24 hours; or no last day to come any more. By the side that ended it. A last day that had been
    /// settled before stands again, unless it is over; `due`: when to look whether it is, `None` when it is known to be.
    pub(crate) fn undo_end(
        self,
        by: Side,
        now: OffsetDateTime,
        due: impl Fn(Date) -> Option<OffsetDateTime>,
    ) -> Transition<Self, NotUndone> {
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
        // What came with the claim has lapsed with the end, and comes back by a new act alone: whoever hears of neither hears of no consent.
        let consent = self
            .consent
            .clone()
            .filter(|_| self.state != EmploymentState::Ended);
        let open = Self {
            consent,
            ..self.before_its_end(due)
        };
        Transition::Changed(open.to(state))
    }

    /// What either side had settled before stands again, the earlier day first.
    fn before_its_end(self, due: impl Fn(Date) -> Option<OffsetDateTime>) -> Self {
        let again = |settled: Option<Settled>, by| {
            let Settled { reason, last_day } = settled?;
            Some(End {
                reason,
                by,
                last_day: Some(last_day),
                at: EndTime::Due(due(last_day)?),
            })
        };
        let Kept { person, organization } = self.kept.clone();
        let ends = [
            again(person, Side::Person),
            again(organization, Side::Organization),
        ];
        let mut ends: Vec<End> = ends.into_iter().flatten().collect();
        ends.sort_by_key(|end| end.last_day);
        let mut ends = ends.into_iter();
        let (end, mut kept) = (ends.next(), Kept::default());
        for later in ends {
            kept.put(later);
        }
        Self { end, kept, ..self }
    }

    /// Nothing is to come that the organization has settled; what the person has is earlier or stands again.
    pub(super) fn without_end_by_organization(self) -> Self {
        let kept = Kept {
            organization: None,
            ..self.kept.clone()
        };
        let open = Self { kept, ..self };
        match &open.end {
            // What is kept behind it is a later day, and so to come too.
            Some(end) if end.by == Side::Organization && end.due_time().is_some() => {
                open.before_its_end(TimeZones::earliest_end)
            }
            _ => open,
        }
    }

    /// Nothing of it is to come, nor comes back.
    pub(super) fn without_end(self) -> Self {
        Self {
            end: None,
            kept: Kept::default(),
            ..self
        }
    }
}

//! What the table says of each act: where it leads, or why it is refused. Days are counted from the one on which a sequence begins.

use muster_proto::employment::v1::{EmploymentSide as Side, EmploymentState as S};
use muster_refusal::ErrorReason as R;

/// How often a claim is rejected before it is not handed in again.
const REJECTIONS: usize = 5;

/// What somebody does to an employment, or what becomes of the organization. Days are told from the one on which it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A claim that says a first day, or none.
    Claim(Option<i32>),
    /// An invitation by an administrator.
    Accept,
    Correct,
    Start(i32),
    /// One position since then, in place of any other.
    Position(i32),
    /// Their position, if they have one, ends today.
    ClosePosition,
    Withdraw,
    Verify,
    VerifyOwn,
    VerifyBatch,
    Reject,
    End(Option<i32>),
    EndBatch(Option<i32>),
    Leave(Option<i32>),
    Undo(Side),
    /// Nobody but the clock does anything; nor at the same moment as others.
    DayPasses,
    Suspend,
    Resume,
    Close,
}

/// To the newest employment, or to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) what: What,
    pub(super) earlier: bool,
}

/// An act, and the place of the employment that it is about; `None` when there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aimed {
    pub(super) what: What,
    pub(super) target: Option<usize>,
}

/// Where an employment stands, with its last day.
pub(super) type Told = (S, Option<i32>);
/// What somebody is answered; `None` where nobody asked.
pub(super) type Answer = Result<Option<Told>, R>;
/// Everything that is shown of one: the first day and the position beside.
pub(super) type Shown = (Told, Option<i32>, Option<(i32, Option<i32>)>);

/// How one ended, or is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    by: Side,
    day: i32,
}

/// One employment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct One {
    state: S,
    start: Option<i32>,
    /// From when until when; the last day may be open.
    position: Option<(i32, Option<i32>)>,
    /// It is verified, or was when it ended.
    verified: bool,
    was_verified: bool,
    rejections: usize,
    end: Option<End>,
    /// On which day it came to its end.
    ended_on: Option<i32>,
    /// What the person, and the organization, had settled before.
    kept: [Option<i32>; 2],
}

/// Where the organization stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Site {
    #[default]
    Active,
    Suspended,
    Closed,
}

/// A person's employments at one organization, oldest first, and how often any of them changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    all: Vec<One>,
    site: Site,
    today: i32,
    changes: i64,
}

fn kept_of(side: Side) -> usize {
    usize::from(side == Side::Organization)
}

impl What {
    /// Whether it is one call, by which others may do something at the same moment.
    pub(super) fn is_one_call(self) -> bool {
        !matches!(
            self,
            Self::Accept
                | Self::ClosePosition
                | Self::VerifyBatch
                | Self::EndBatch(_)
                | Self::DayPasses
                | Self::Suspend
                | Self::Resume
                | Self::Close
        )
    }
}

impl One {
    fn is_open(&self) -> bool {
        matches!(self.state, S::PendingVerification | S::Verified)
    }

    fn told(&self) -> Told {
        (self.state, self.end.map(|end| end.day))
    }

    fn first_day(&self) -> Option<i32> {
        self.start.or(self.position.map(|(from, _)| from))
    }

    /// The first day, and the last one unless it is open.
    fn days(&self) -> Option<(i32, Option<i32>)> {
        if self.is_open() {
            return Some((self.first_day()?, None));
        }
        let end = self.end.filter(|_| self.state == S::Ended)?;
        let first = self.first_day().unwrap_or(end.day);
        let never_began = first == end.day && self.ended_on < Some(first);
        (!never_began).then_some((first, Some(end.day)))
    }

    fn verify(&mut self) {
        (self.state, self.verified, self.was_verified) = (S::Verified, true, true);
    }

    fn waits(&mut self) {
        (self.state, self.verified) = (S::PendingVerification, false);
    }

    fn forget_ends(&mut self) {
        (self.end, self.kept) = (None, [None, None]);
    }

    /// What either side had settled stands again, the earlier day first, unless it is over.
    fn take_end_back(&mut self, today: i32) {
        let sides = [Side::Person, Side::Organization];
        let mut ends: Vec<End> = sides
            .into_iter()
            .filter_map(|by| self.kept[kept_of(by)].map(|day| End { by, day }))
            .filter(|end| end.day >= today)
            .collect();
        ends.sort_by_key(|end| end.day);
        self.forget_ends();
        for end in ends.into_iter().rev() {
            if let Some(later) = self.end.replace(end) {
                self.kept[kept_of(later.by)] = Some(later.day);
            }
        }
    }

    /// The person says something anew.
    fn edit(&mut self, next: Self) -> Result<(), R> {
        match self.state {
            S::Withdrawn => return Err(R::EmploymentState),
            S::Ended => return self.date_position(next),
            _ => {}
        }
        if next == *self {
            return Ok(());
        }
        if self.state == S::Rejected && self.rejections == REJECTIONS {
            return Err(R::TooManyRejections);
        }
        if let Some(end) = self.end {
            let starts_late = next.start != self.start && next.start > Some(end.day);
            let has_late =
                next.position != self.position && next.position.is_some_and(|(from, _)| from > end.day);
            if starts_late || has_late {
                return Err(R::InvalidRequest);
            }
        }
        if let (Some(start), Some((from, _))) = (next.start, next.position)
            && from < start
        {
            return Err(R::InvalidRequest);
        }
        let only_closed = match (self.position, next.position) {
            (Some((from, None)), Some((other, _))) => from == other,
            (before, after) => before == after,
        };
        let stays = next.start == self.start && only_closed;
        *self = next;
        if self.state != S::Verified || !stays {
            self.waits();
        }
        Ok(())
    }

    /// Of what has ended, the person who ended it says when the position ended.
    fn date_position(&mut self, next: Self) -> Result<(), R> {
        let by_person = self.end.filter(|end| end.by == Side::Person);
        let from = |one: &Self| one.position.map(|(from, _)| from);
        let Some(end) = by_person.filter(|_| next.start == self.start && from(&next) == from(self)) else {
            return Err(R::EmploymentState);
        };
        if next.position != self.position && next.position.is_some_and(|(_, last)| last > Some(end.day)) {
            return Err(R::InvalidRequest);
        }
        *self = next;
        Ok(())
    }

    fn end(&mut self, by: Side, day: Option<i32>, today: i32) -> Result<(), R> {
        match self.state {
            S::Verified => {}
            S::PendingVerification if self.was_verified => {}
            S::Ended => return self.correct_end(by, day, today),
            S::Rejected => return Err(R::EmploymentRejected),
            _ => return Err(R::EmploymentState),
        }
        let is_to_come = day > Some(today);
        let day = day.unwrap_or_else(|| self.first_day().map_or(today, |first| first.max(today)));
        if self.first_day() > Some(day) {
            return Err(R::InvalidRequest);
        }
        if is_to_come {
            if self.end == Some(End { by, day }) {
                return Ok(());
            }
            let others = match self.end {
                Some(end) if end.by != by => Some(end.day),
                _ => self.kept[1 - kept_of(by)],
            };
            if others.is_some_and(|others| day >= others) {
                return Err(R::EmploymentEndedByOther);
            }
            self.kept[kept_of(by)] = None;
        }
        if let Some(end) = self.end.filter(|end| !is_to_come || end.by != by) {
            self.kept[kept_of(end.by)] = Some(end.day);
        }
        self.end = Some(End { by, day });
        if !is_to_come {
            (self.state, self.ended_on) = (S::Ended, Some(today));
        }
        Ok(())
    }

    /// Each side ends for one reason: the same day says nothing new.
    fn correct_end(&mut self, by: Side, day: Option<i32>, today: i32) -> Result<(), R> {
        let first = self.first_day();
        let Some((end, day)) = self.end.as_mut().zip(day) else {
            return Ok(());
        };
        if day == end.day {
            return Ok(());
        }
        if by != end.by {
            return Err(R::EmploymentEndedByOther);
        }
        if day > today {
            return Err(R::EmploymentState);
        }
        if first > Some(day) {
            return Err(R::InvalidRequest);
        }
        end.day = day;
        Ok(())
    }

    fn undo(&mut self, by: Side, today: i32) -> Result<(), R> {
        if matches!(self.state, S::Rejected | S::Withdrawn) {
            return Err(match self.state {
                S::Rejected => R::EmploymentRejected,
                _ => R::EmploymentState,
            });
        }
        let Some(end) = self.end else { return Ok(()) };
        if end.by != by {
            return Err(R::EmploymentEndedByOther);
        }
        // A day that passes takes longer than 24 hours.
        if self.ended_on.is_some_and(|ended_on| ended_on < today) {
            return Err(R::UndoTooLate);
        }
        self.take_end_back(today);
        if self.state == S::Ended {
            self.ended_on = None;
            self.state = if self.verified {
                S::Verified
            } else {
                S::PendingVerification
            };
        }
        Ok(())
    }
}

impl Table {
    /// What the act is about now; `None` of one that nobody can do, or that would do nothing.
    pub(super) fn aim(&self, act: Act) -> Option<Aimed> {
        let is_possible = match (act.what, self.site) {
            (What::Accept | What::Suspend, Site::Active) | (What::Resume, Site::Suspended) => true,
            (What::Accept | What::Suspend | What::Resume, _) => false,
            // Who owns a closed organization, the edge does not ask.
            (What::Close | What::EndBatch(_), Site::Closed) => false,
            // What a batch does about an end that has come is told by tests of its own.
            (What::EndBatch(day), _) => day.is_none_or(|day| day > 0),
            _ => true,
        };
        let target = self.all.len().checked_sub(1 + usize::from(act.earlier));
        is_possible.then_some(Aimed {
            what: act.what,
            target,
        })
    }

    /// Where the table stands after the acts in this order, and what each is answered.
    pub(super) fn after(&self, acts: &[Aimed], order: &[usize]) -> (Self, Vec<Answer>) {
        let mut next = self.clone();
        let mut answers = vec![Ok(None); acts.len()];
        for place in order {
            answers[*place] = next.take(acts[*place]);
        }
        (next, answers)
    }

    /// Everything that is shown, oldest first.
    pub(super) fn shown(&self) -> Vec<Shown> {
        let shown = |one: &One| (one.told(), one.start, one.position);
        self.all.iter().map(shown).collect()
    }

    /// How many events there are.
    pub(super) fn changes(&self) -> i64 {
        self.changes
    }

    /// The places of those that come to their end when the day is over.
    pub(super) fn due(&self) -> Vec<usize> {
        let each = self.all.iter().enumerate();
        let due = each.filter(|(_, one)| one.is_open() && one.end.is_some_and(|end| end.day <= self.today));
        due.map(|(place, _)| place).collect()
    }

    fn take(&mut self, act: Aimed) -> Answer {
        match act.what {
            What::Claim(start) => self.claim(start).map(Some),
            What::Accept => Ok(Some(self.accept())),
            What::DayPasses => {
                for place in self.due() {
                    let one = &mut self.all[place];
                    (one.state, one.ended_on) = (S::Ended, Some(self.today + 1));
                    self.changes += 1;
                }
                self.today += 1;
                Ok(None)
            }
            What::Suspend | What::Resume => {
                self.site = match act.what {
                    What::Suspend => Site::Suspended,
                    _ => Site::Active,
                };
                Ok(None)
            }
            What::Close => {
                self.close();
                Ok(None)
            }
            what => self.change(what, act.target).map(Some),
        }
    }

    fn claim(&mut self, start: Option<i32>) -> Result<Told, R> {
        if self.site != Site::Active {
            return Err(R::OrganizationNotActive);
        }
        if let Some(open) = self.all.iter().find(|one| one.is_open()) {
            return Ok(open.told());
        }
        let new = One {
            state: S::PendingVerification,
            start: start.map(|start| self.today + start),
            ..One::default()
        };
        if self.is_taken(self.all.len(), &new) {
            return Err(R::InvalidRequest);
        }
        self.all.push(new);
        self.changes += 1;
        Ok(new.told())
    }

    fn accept(&mut self) -> Told {
        // The one that is open need not be the newest.
        let place = self.all.iter().position(One::is_open).unwrap_or_else(|| {
            self.all.push(One {
                state: S::PendingVerification,
                ..One::default()
            });
            self.all.len() - 1
        });
        // It brings a group.
        self.changes += 1;
        let (one, today) = (&mut self.all[place], self.today);
        // Nobody has vouched for what the person says of their own.
        if one.first_day().is_none() {
            one.verify();
        }
        one.kept[kept_of(Side::Organization)] = None;
        if one.end.is_some_and(|end| end.by == Side::Organization) {
            one.take_end_back(today);
        }
        one.told()
    }

    fn close(&mut self) {
        self.site = Site::Closed;
        for one in self.all.iter_mut().filter(|one| one.is_open()) {
            let day = one.first_day().map_or(self.today, |first| first.max(self.today));
            one.forget_ends();
            let by = Side::Organization;
            one.end = Some(End { by, day });
            (one.state, one.ended_on) = (S::Ended, Some(self.today));
            self.changes += 1;
        }
    }

    fn change(&mut self, what: What, target: Option<usize>) -> Result<Told, R> {
        let target = target.ok_or(R::NotFound)?;
        let before = self.all[target];
        let mut next = before;
        self.next(what, &mut next)?;
        let opens = next.is_open() && !before.is_open();
        let mut others = self.all.iter().enumerate().filter(|(place, _)| *place != target);
        let says_days = match what {
            What::Start(_) | What::Position(_) | What::ClosePosition => {
                next.is_open() && (opens || next.first_day() != before.first_day())
            }
            What::End(_) | What::Leave(_) => before.state == S::Ended && next.end != before.end,
            _ => false,
        };
        if says_days && self.is_taken(target, &next) {
            return Err(R::InvalidRequest);
        }
        if opens && (others.any(|(_, one)| one.is_open()) || self.is_taken(target, &next)) {
            return Err(R::EmploymentSuperseded);
        }
        let is_correction = before.state == S::Ended && next.state == S::Ended;
        self.changes += i64::from(before != next && !is_correction);
        self.all[target] = next;
        Ok(next.told())
    }

    /// Whether another one covers a day that this one would; of two that are open it is not asked.
    fn is_taken(&self, place: usize, one: &One) -> bool {
        let Some((first, last)) = one.days() else {
            return false;
        };
        let others = self.all.iter().enumerate().filter(|(other, _)| *other != place);
        let others = others.filter(|(_, other)| !(one.is_open() && other.is_open()));
        let mut days = others.filter_map(|(_, other)| other.days());
        days.any(|(begin, end)| end.is_none_or(|end| first <= end) && last.is_none_or(|last| begin <= last))
    }

    fn next(&self, what: What, one: &mut One) -> Result<(), R> {
        let (today, is_closed) = (self.today, self.site == Site::Closed);
        let on = |day: Option<i32>| day.map(|day| today + day);
        match (what, one.state) {
            (What::Correct | What::Start(_) | What::Position(_) | What::ClosePosition | What::Undo(_), _)
                if is_closed =>
            {
                return Err(R::OrganizationNotActive);
            }
            (What::VerifyOwn, _) => return Err(R::OwnEmployment),
            (What::Verify | What::VerifyBatch, S::PendingVerification | S::Verified) => one.verify(),
            (What::Reject, S::PendingVerification) => {
                one.state = S::Rejected;
                one.rejections += 1;
                one.forget_ends();
            }
            (What::Reject, S::Rejected) | (What::Correct, S::PendingVerification) => {}
            (What::Correct, S::Rejected) if one.rejections == REJECTIONS => {
                return Err(R::TooManyRejections);
            }
            (What::Correct, S::Rejected) => one.state = S::PendingVerification,
            // Of what has ended, nothing but positions is said.
            (What::Start(_), S::Ended) => return Err(R::EmploymentState),
            (What::Start(day), _) => one.edit(One {
                start: Some(today + day),
                ..*one
            })?,
            (What::Position(day), _) => one.edit(One {
                position: Some((today + day, None)),
                ..*one
            })?,
            (What::ClosePosition, _) => one.edit(One {
                position: one.position.map(|(from, _)| (from, Some(from.max(today)))),
                ..*one
            })?,
            (What::Withdraw, S::PendingVerification) if one.was_verified => {
                return Err(R::EmploymentVerified);
            }
            (What::Withdraw, S::PendingVerification) => one.state = S::Withdrawn,
            (What::Withdraw, S::Withdrawn) => {}
            (What::End(day) | What::EndBatch(day), _) => one.end(Side::Organization, on(day), today)?,
            (What::Leave(day), _) => one.end(Side::Person, on(day), today)?,
            (What::Undo(by), _) => one.undo(by, today)?,
            (_, S::Verified) => return Err(R::EmploymentVerified),
            (_, S::Rejected) => return Err(R::EmploymentRejected),
            _ => return Err(R::EmploymentState),
        }
        Ok(())
    }
}

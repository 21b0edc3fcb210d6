//! What is known of a learner and of what they consent to, and what everybody's acts come to.

use std::time::Duration;

use muster_clock::Zone;
use muster_proto::employment::v1::EmploymentState as E;
use muster_proto::records::v1::GrantState as G;
use muster_refusal::ErrorReason as R;
use time::{Date, OffsetDateTime};

/// How long a consent with an end is valid. Shorter than the tokens of the calls that are under way.
pub(super) const MOMENT: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So long a request waits, and nobody is asked again after a no.
pub(super) const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How often a claim is rejected before it is not handed in again.
const REJECTIONS: usize = 5;
/// By its clocks the organization counts days.
const ZONE: &str = "America/Detroit";

/// What somebody does about a learner.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// The learner consents, for ever or for a moment.
    Grant {
        for_ever: bool,
    },
    /// The organization asks for consent.
    Ask,
    /// The learner says yes; `back`: how many grants are newer than this one.
    Approve {
        back: usize,
        for_ever: bool,
    },
    Deny {
        back: usize,
    },
    Revoke {
        back: usize,
    },
    /// Says that they work there, perhaps since when, in days from today; and consents in the same step, for ever or for a moment.
    Claim {
        since: Option<i64>,
        consent: Option<bool>,
    },
    Verify,
    Reject,
    Correct,
    Withdraw,
    /// Says another first day, in days from today: the employment waits again.
    Edit {
        since: i64,
    },
    /// By the learner, or by the organization.
    End {
        is_own: bool,
    },
    Undo {
        is_own: bool,
    },
}

/// One consent, or the wish for it.
#[derive(Debug, Clone)]
pub(super) struct Consent {
    /// Empty until it was answered.
    pub(super) id: String,
    state: G,
    pub(super) until: Option<OffsetDateTime>,
    deny_time: Option<OffsetDateTime>,
}

/// The latest employment.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Empty until it was answered.
    pub(super) name: String,
    pub(super) state: E,
    /// It is verified, or was when it ended; and whether it ever was.
    is_verified: bool,
    was_verified: bool,
    rejections: usize,
    /// `None` when not said.
    first_day: Option<Date>,
    /// By whom, and when.
    ended: Option<(bool, OffsetDateTime)>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Learner {
    pub(super) person: String,
    pub(super) job: Option<Job>,
    /// The last day that any employment before that one covers.
    worked_until: Option<Date>,
    /// How often one of their employments changed.
    pub(super) version: i64,
    /// Oldest first.
    pub(super) grants: Vec<Consent>,
}

/// The day where the organization is, so many days from today.
pub(super) fn day(now: OffsetDateTime, days: i64) -> Date {
    Zone::named(ZONE).day(now) + time::Duration::days(days)
}

/// No two employments cover the same day. What is open covers every day from its first one on, and no day as long as none is said: so it
/// begins after everything that has ended.
fn begins_after(worked_until: Option<Date>, first_day: Option<Date>) -> Result<(), R> {
    let is_taken = first_day.is_some() && first_day <= worked_until;
    if is_taken { Err(R::InvalidRequest) } else { Ok(()) }
}

impl Consent {
    fn new(state: G, until: Option<OffsetDateTime>) -> Self {
        Self {
            id: String::new(),
            state,
            until,
            deny_time: None,
        }
    }

    /// Where it stands, whatever is written down.
    pub(super) fn state(&self, now: OffsetDateTime) -> G {
        let is_over = self.until.is_some_and(|until| until <= now);
        match self.state {
            G::Active | G::Requested if is_over => G::Expired,
            state => state,
        }
    }
}

impl Job {
    fn claimed(first_day: Option<Date>) -> Self {
        Self {
            name: String::new(),
            state: E::PendingVerification,
            is_verified: false,
            was_verified: false,
            rejections: 0,
            first_day,
            ended: None,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, E::PendingVerification | E::Verified)
    }

    /// The last day that it covers once it has ended: here everything ends at once. What was to begin later never began, and covers none.
    fn last_day(&self) -> Option<Date> {
        let (_, at) = self.ended?;
        let last_day = day(at, 0);
        (self.first_day <= Some(last_day)).then_some(last_day)
    }

    /// Where an act on the employment leads, if anywhere. It is the latest one: nothing has ended since its first day was said, and so
    /// nothing keeps it from being handed in again, or its end from being taken back.
    fn next(&self, what: What, worked_until: Option<Date>, now: OffsetDateTime) -> Result<Option<Self>, R> {
        let mut next = self.clone();
        match (what, self.state) {
            (What::Verify, E::PendingVerification) => {
                (next.state, next.is_verified, next.was_verified) = (E::Verified, true, true);
            }
            (What::Reject, E::PendingVerification) => {
                next.state = E::Rejected;
                next.rejections += 1;
            }
            (What::Edit { since }, E::PendingVerification | E::Verified | E::Rejected)
                if self.first_day == Some(day(now, since)) =>
            {
                return Ok(None);
            }
            (What::Correct | What::Edit { .. }, E::Rejected) if self.rejections == REJECTIONS => {
                return Err(R::TooManyRejections);
            }
            (What::Correct, E::Rejected) => next.state = E::PendingVerification,
            (What::Edit { since }, E::PendingVerification | E::Verified | E::Rejected) => {
                next.first_day = Some(day(now, since));
                begins_after(worked_until, next.first_day)?;
                (next.state, next.is_verified) = (E::PendingVerification, false);
            }
            (What::Withdraw, E::PendingVerification) if self.was_verified => {
                return Err(R::EmploymentVerified);
            }
            (What::Withdraw, E::PendingVerification) => next.state = E::Withdrawn,
            (What::End { is_own }, E::Verified | E::PendingVerification) if self.was_verified => {
                (next.state, next.ended) = (E::Ended, Some((is_own, now)));
            }
            (What::Undo { is_own }, E::Ended) => {
                let (by, at) = self.ended.unwrap();
                if by != is_own {
                    return Err(R::EmploymentEndedByOther);
                }
                if now > at + DAY {
                    return Err(R::UndoTooLate);
                }
                next.ended = None;
                next.state = if self.is_verified {
                    E::Verified
                } else {
                    E::PendingVerification
                };
            }
            (What::Verify, E::Verified)
            | (What::Reject, E::Rejected)
            | (What::Correct, E::PendingVerification)
            | (What::Withdraw, E::Withdrawn)
            | (What::End { .. }, E::Ended)
            | (What::Undo { .. }, E::PendingVerification | E::Verified) => return Ok(None),
            (What::Edit { .. }, _) => return Err(R::EmploymentState),
            (_, E::Verified) => return Err(R::EmploymentVerified),
            (_, E::Rejected) => return Err(R::EmploymentRejected),
            _ => return Err(R::EmploymentState),
        }
        Ok(Some(next))
    }
}

impl Learner {
    /// Why their record is not read.
    pub(super) fn closed_by(&self, now: OffsetDateTime) -> Option<R> {
        let in_force = self.grants.iter().any(|grant| grant.state(now) == G::Active);
        match self.job.as_ref().map(|job| job.state) {
            None => Some(R::NotFound),
            Some(E::Verified) if in_force => None,
            Some(E::Verified) => Some(R::GrantRequired),
            Some(_) => Some(R::EmploymentRequired),
        }
    }

    /// Whether the report holds their whole record; `None` when they are not in it.
    pub(super) fn reported(&self, now: OffsetDateTime) -> Option<bool> {
        let is_verified = self.job.as_ref().is_some_and(|job| job.state == E::Verified);
        is_verified.then(|| self.closed_by(now).is_none())
    }

    /// What the act comes to: which grant is the answer, if one is, or why it is refused.
    pub(super) fn expect(&mut self, what: What, now: OffsetDateTime) -> Result<Option<usize>, R> {
        let until = |for_ever: bool| (!for_ever).then_some(now + MOMENT);
        match what {
            What::Grant { for_ever } => self.grant(until(for_ever), now).map(Some),
            What::Ask => self.ask(now).map(Some),
            What::Approve { back, for_ever } => {
                let place = self.place(back)?;
                self.approve(place, until(for_ever), now)?;
                Ok(Some(place))
            }
            What::Deny { back } => {
                let place = self.place(back)?;
                let grant = &mut self.grants[place];
                match grant.state(now) {
                    G::Requested => (grant.state, grant.deny_time) = (G::Denied, Some(now)),
                    G::Denied => {}
                    _ => return Err(R::GrantState),
                }
                Ok(Some(place))
            }
            What::Revoke { back } => {
                let place = self.place(back)?;
                self.revoke(place, now);
                Ok(Some(place))
            }
            What::Claim { since, consent } => {
                let first_day = since.map(|since| day(now, since));
                self.claim(first_day, consent.map(until), now)
            }
            _ => {
                let job = self.job.as_ref().ok_or(R::NotFound)?;
                if let Some(next) = job.next(what, self.worked_until, now)? {
                    let is_over = matches!(next.state, E::Withdrawn | E::Ended);
                    self.job = Some(next);
                    self.version += 1;
                    if is_over {
                        self.lapse(now);
                    }
                }
                Ok(None)
            }
        }
    }

    fn place(&self, back: usize) -> Result<usize, R> {
        self.grants.len().checked_sub(1 + back).ok_or(R::NotFound)
    }

    fn find(&self, state: G, now: OffsetDateTime) -> Option<usize> {
        self.grants.iter().position(|grant| grant.state(now) == state)
    }

    fn add(&mut self, state: G, until: Option<OffsetDateTime>) -> usize {
        self.grants.push(Consent::new(state, until));
        self.grants.len() - 1
    }

    fn is_employed(&self) -> Result<(), R> {
        let is_open = self.job.as_ref().is_some_and(Job::is_open);
        is_open.then_some(()).ok_or(R::EmploymentRequired)
    }

    fn grant(&mut self, until: Option<OffsetDateTime>, now: OffsetDateTime) -> Result<usize, R> {
        self.is_employed()?;
        if let Some(place) = self.find(G::Active, now) {
            if self.grants[place].until == until {
                return Ok(place);
            }
            self.revoke(place, now);
        } else if let Some(place) = self.find(G::Requested, now) {
            self.approve(place, until, now)?;
            return Ok(place);
        }
        Ok(self.add(G::Active, until))
    }

    fn ask(&mut self, now: OffsetDateTime) -> Result<usize, R> {
        if self.job.is_none() {
            return Err(R::NotFound);
        }
        self.is_employed()?;
        if let Some(place) = self.find(G::Active, now).or(self.find(G::Requested, now)) {
            return Ok(place);
        }
        let denied = self.grants.iter().filter_map(|grant| grant.deny_time).max();
        if denied.is_some_and(|denied| now < denied + MONTH) {
            return Err(R::GrantDenied);
        }
        Ok(self.add(G::Requested, Some(now + MONTH)))
    }

    fn approve(&mut self, place: usize, until: Option<OffsetDateTime>, now: OffsetDateTime) -> Result<(), R> {
        match self.grants[place].state(now) {
            G::Active => Ok(()),
            G::Requested => {
                self.is_employed()?;
                let grant = &mut self.grants[place];
                (grant.state, grant.until) = (G::Active, until);
                Ok(())
            }
            _ => Err(R::GrantState),
        }
    }

    fn revoke(&mut self, place: usize, now: OffsetDateTime) {
        let grant = &mut self.grants[place];
        if grant.state(now) == G::Active {
            grant.state = G::Revoked;
        }
    }

    /// Of a claim: the open employment takes the consent in, whatever day is said, or a new one begins.
    fn claim(
        &mut self,
        first_day: Option<Date>,
        consent: Option<Option<OffsetDateTime>>,
        now: OffsetDateTime,
    ) -> Result<Option<usize>, R> {
        let begins = !self.job.as_ref().is_some_and(Job::is_open);
        if begins {
            let last_day = self.job.as_ref().and_then(Job::last_day);
            let worked_until = self.worked_until.max(last_day);
            begins_after(worked_until, first_day)?;
            self.lapse(now);
            self.worked_until = worked_until;
            self.job = Some(Job::claimed(first_day));
        }
        self.version += i64::from(begins || consent.is_some());
        let Some(until) = consent else {
            return Ok(None);
        };
        for grant in &mut self.grants {
            match grant.state(now) {
                G::Active => grant.state = G::Revoked,
                // Granted with the claim, and at once replaced by what it says.
                G::Requested => (grant.state, grant.until) = (G::Revoked, until),
                _ => {}
            }
        }
        Ok(Some(self.add(G::Active, until)))
    }

    /// What was given to an employment ends with it.
    fn lapse(&mut self, now: OffsetDateTime) {
        for grant in &mut self.grants {
            if matches!(grant.state(now), G::Active | G::Requested) {
                grant.state = G::Lapsed;
            }
        }
    }
}

//! Every change of an invitation, as the aggregate allows it. What is allowed is stored by the one guarded update of
//! `store::invitation`; the columns that no transition names stay as they are.

mod decline;

use std::convert::Infallible;

use muster_ids::GroupId;
use time::OffsetDateTime;

use super::draft::LIFE;
use super::{
    Acceptance, DeliveryReport, DeliveryState, Invitation, MAX_GROUPS, Mails, Source, State, StateName,
    Unanswered,
};
use crate::domain::mailbox::DAY;
use muster_states::Transition;

pub(crate) use decline::NotUndone;

/// Why a link does not open its invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpen {
    /// The organization took the invitation back.
    Cancelled,
    /// A newer link was made.
    Replaced,
    /// Its mail has not been sent yet.
    NotSent,
}

/// Why an invitation cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAcceptable {
    Cancelled,
    Expired,
    /// Accepted by somebody else, declined or archived.
    Closed,
}

/// Which link the next mail carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextLink {
    /// The one that earlier mails carried.
    Same,
    /// A new one; the earlier ones are dead.
    New,
}

/// Why an invitation cannot be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotResendable {
    Cancelled,
    /// Accepted, declined or archived.
    Closed,
}

/// Why an invitation gets no other time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotReschedulable {
    Cancelled,
    /// Accepted, declined or archived.
    Closed,
    /// Its mail does not wait for a time; what has become of it.
    NotScheduled(DeliveryState),
}

/// The mail of an invitation is not wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotWanted;

/// An invitation has at most [`MAX_GROUPS`] groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyGroups;

impl Invitation {
    /// Whether the link of this generation opens it at `now`. A cancelled one says so, whatever the link.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) fn opened_by(&self, generation: i32, now: OffsetDateTime) -> Result<(), NotOpen> {
        if self.state.name() == StateName::Cancelled {
            Err(NotOpen::Cancelled)
        } else if self.generation != generation {
            Err(NotOpen::Replaced)
        } else if self.is_hidden(now) {
            Err(NotOpen::NotSent)
        } else {
            Ok(())
        }
    }

    /// Whether its invitee is not to know of it yet: its mail waits for its time.
    pub(crate) fn is_hidden(&self, now: OffsetDateTime) -> bool {
        self.delivery == DeliveryState::Scheduled && now < self.send_time
    }

    /// PROSPECT or PENDING → ACTIVE, by the invitee. Allowed from PROSPECT: a click can be faster than the report of
    /// the mail server. The same person accepting again finds it done.
    pub(crate) fn accept(mut self, acceptance: Acceptance) -> Transition<Self, NotAcceptable> {
        match self.effective_state(acceptance.time) {
            StateName::Prospect | StateName::Pending => {
                self.state = State::Active(acceptance);
                Transition::Changed(self)
            }
            StateName::Active if self.is_accepted_by(&acceptance) => Transition::AlreadyDone(self),
            StateName::Expired => Transition::Refused(NotAcceptable::Expired),
            StateName::Cancelled => Transition::Refused(NotAcceptable::Cancelled),
            StateName::Active | StateName::Declined | StateName::Archived => {
                Transition::Refused(NotAcceptable::Closed)
            }
        }
    }

    fn is_accepted_by(&self, acceptance: &Acceptance) -> bool {
        let earlier = self.state.acceptance();
        earlier.is_some_and(|earlier| earlier.person == acceptance.person)
    }

    /// ACTIVE → ARCHIVED: the employment that followed is over. What was accepted after its end belongs to the next one.
    pub(crate) fn archive(mut self, end: OffsetDateTime) -> Transition<Self, Infallible> {
        match self.state {
            State::Active(acceptance) if acceptance.time <= end => {
                self.state = State::Archived(acceptance);
                Transition::Changed(self)
            }
            _ => Transition::AlreadyDone(self),
        }
    }

    /// ARCHIVED → ACTIVE: the end was taken back with which it was archived. What was accepted by `since` was archived before.
    pub(crate) fn restore(
        mut self,
        since: Option<OffsetDateTime>,
        end: OffsetDateTime,
    ) -> Transition<Self, Infallible> {
        match self.state {
            State::Archived(acceptance)
                if acceptance.time <= end && since.is_none_or(|since| acceptance.time > since) =>
            {
                self.state = State::Active(acceptance);
                Transition::Changed(self)
            }
            _ => Transition::AlreadyDone(self),
        }
    }

    /// PROSPECT, PENDING or EXPIRED → CANCELLED, by the organization. A mail that still waits for its time never goes out;
    /// one that was asked for is dropped when the mail worker asks, and its report still tells what became of it.
    pub(crate) fn cancel(mut self, now: OffsetDateTime) -> Transition<Self, NotAcceptable> {
        match self.effective_state(now) {
            StateName::Prospect | StateName::Pending | StateName::Expired => {
                self.state = State::Cancelled;
                self.unschedule();
                Transition::Changed(self)
            }
            StateName::Cancelled => Transition::AlreadyDone(self),
            StateName::Active | StateName::Declined | StateName::Archived => {
                Transition::Refused(NotAcceptable::Closed)
            }
        }
    }

    /// A mail that waits for its time never goes out, and is none that its mailbox gets.
    fn unschedule(&mut self) {
        if self.delivery == DeliveryState::Scheduled {
            self.delivery = DeliveryState::Dropped;
            self.mails.take_back(self.send_time);
        }
    }

    /// PROSPECT, PENDING or EXPIRED → the same, mailed again: its time begins anew, so that what has expired can be accepted
    /// again. One whose mail was scheduled is sent now instead. Whether its mailbox may have one more is looked at over all
    /// invitations (`domain::mailbox`).
    pub(crate) fn resend(mut self, link: NextLink, now: OffsetDateTime) -> Transition<Self, NotResendable> {
        match self.effective_state(now) {
            StateName::Prospect | StateName::Pending | StateName::Expired => {}
            StateName::Cancelled => return Transition::Refused(NotResendable::Cancelled),
            StateName::Active | StateName::Declined | StateName::Archived => {
                return Transition::Refused(NotResendable::Closed);
            }
        }
        if self.delivery == DeliveryState::Scheduled {
            self.mails.take_back(self.send_time);
        }
        self.mails.add(now);
        match link {
            NextLink::New => {
                self.generation += 1;
                self.mails.number = 1;
            }
            NextLink::Same if self.delivery == DeliveryState::Scheduled => {}
            NextLink::Same => self.mails.number += 1,
        }
        if self.state == State::Expired {
            self.state = State::Prospect;
        }
        self.delivery = DeliveryState::Queued;
        self.delivery_detail.clear();
        self.send_time = now;
        self.expire_time = now + LIFE;
        Transition::Changed(self)
    }

    /// PROSPECT, PENDING or EXPIRED whose mail waits for its time, or was held back because that was over → the same with another
    /// time. As long as the mail was not asked for, the new time counts, however near the old one is.
    pub(crate) fn reschedule(
        mut self,
        due: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Transition<Self, NotReschedulable> {
        match self.effective_state(now) {
            StateName::Prospect | StateName::Pending => {}
            StateName::Expired => {
                return Transition::Refused(NotReschedulable::NotScheduled(self.effective_delivery(now)));
            }
            StateName::Cancelled => return Transition::Refused(NotReschedulable::Cancelled),
            StateName::Active | StateName::Declined | StateName::Archived => {
                return Transition::Refused(NotReschedulable::Closed);
            }
        }
        match self.delivery {
            DeliveryState::Scheduled if self.send_time == due => return Transition::AlreadyDone(self),
            DeliveryState::Scheduled => {}
            // Its mail may have been asked for and dropped: the next one is another one.
            DeliveryState::Held => self.mails.number += 1,
            _ => return Transition::Refused(NotReschedulable::NotScheduled(self.effective_delivery(now))),
        }
        self.mails.take_back(self.send_time);
        self.mails.add(due);
        self.delivery = DeliveryState::Scheduled;
        self.delivery_detail.clear();
        self.send_time = due;
        self.expire_time = due + LIFE;
        Transition::Changed(self)
    }

    /// Whether the mail of this generation is wanted at `now`. When it is due was decided by the process that asked for it: by
    /// this one's clock its time may not have come yet. One that is held back stays so, however often the worker asks.
    pub(crate) fn is_wanted(&self, generation: i32, now: OffsetDateTime) -> bool {
        self.generation == generation && self.is_live(now) && !self.waits()
    }

    /// Whether its latest mail goes out later, or not before somebody sends it.
    fn waits(&self) -> bool {
        matches!(self.delivery, DeliveryState::Scheduled | DeliveryState::Held)
    }

    /// The mail worker is told to send the mail: from now on it may be on its way. What is decided before is done before; what
    /// is decided afterwards is told that it may come too late. Refused: it is not wanted any more.
    pub(crate) fn hand_over(mut self, generation: i32, now: OffsetDateTime) -> Transition<Self, NotWanted> {
        if !self.is_wanted(generation, now) {
            return Transition::Refused(NotWanted);
        }
        self.handover = Some(now);
        Transition::Changed(self)
    }

    /// PROSPECT → PENDING once the mail server took the mail, also below a decline; any other report only tells what became of the mail,
    /// also that it came back afterwards.
    /// A report about another generation of the link, or no newer than what is known, changes nothing: versions are
    /// compared within one delivery, because those of the next one begin again.
    pub(crate) fn report(mut self, report: DeliveryReport) -> Transition<Self, Infallible> {
        let is_known = self.reported.is_some_and(|known| known >= report.reported);
        if report.generation != self.generation || is_known {
            return Transition::AlreadyDone(self);
        }
        // Of an earlier one: the latest may be on its way, or wait, all the same.
        let is_of_latest = report.number >= self.mails.number;
        if is_of_latest {
            self.handover = None;
        }
        if report.state == DeliveryState::Sent {
            match &mut self.state {
                State::Prospect => self.state = State::Pending,
                // What it is again when the decline is undone.
                State::Declined(decline) if decline.before == Unanswered::Prospect => {
                    decline.before = Unanswered::Pending;
                }
                _ => {}
            }
        }
        self.reported = Some(report.reported);
        // It was not wanted because it is held back: that it waits for somebody says more.
        let is_held = report.state == DeliveryState::Dropped && self.delivery == DeliveryState::Held;
        // That an earlier mail came back is why somebody has sent it again, perhaps, and says nothing of the latest.
        let is_past = report.state == DeliveryState::Bounced && !is_of_latest;
        if is_held || is_past || (!is_of_latest && self.waits()) {
            return Transition::Changed(self);
        }
        self.delivery = report.state;
        self.delivery_detail = report.detail;
        Transition::Changed(self)
    }

    /// PENDING without a mail of its own: whoever has the address has just confirmed it by another one.
    pub(crate) fn confirmed(mut self, now: OffsetDateTime) -> Self {
        self.unschedule();
        self.state = State::Pending;
        self.delivery = DeliveryState::Sent;
        self.send_time = now;
        self.expire_time = now + LIFE;
        self
    }

    /// PROSPECT or PENDING → EXPIRED, written down: makes room for a new invitation of the address. Nothing waits for
    /// it, because [`Invitation::effective_state`] says the same before. One whose time has not run out is given back.
    pub(crate) fn expire(mut self, now: OffsetDateTime) -> Transition<Self, Self> {
        if self.state == State::Expired {
            return Transition::AlreadyDone(self);
        }
        if self.effective_state(now) != StateName::Expired {
            return Transition::Refused(self);
        }
        self.state = State::Expired;
        Transition::Changed(self)
    }

    /// Takes up what another invitation of the address asks for: its groups are added, its location counts when there
    /// is none. Whoever invites by hand or by a spreadsheet vouches from now on, instead of the join page or of an inviter who may
    /// not be there any more, or has said otherwise since.
    pub(crate) fn merge(mut self, other: &Self) -> Transition<Self, TooManyGroups> {
        let new: Vec<GroupId> = other
            .groups
            .iter()
            .filter(|id| !self.groups.contains(id))
            .copied()
            .collect();
        if self.groups.len() + new.len() > MAX_GROUPS {
            return Transition::Refused(TooManyGroups);
        }
        let by_hand = other.source != Source::JoinPage;
        let vouches = by_hand && (self.source == Source::JoinPage || self.inviter != other.inviter);
        let renews = by_hand && self.vouch_time < other.vouch_time;
        let is_placed = self.location.is_none() && other.location.is_some();
        if new.is_empty() && !is_placed && !vouches && !renews {
            return Transition::AlreadyDone(self);
        }
        if vouches {
            (self.source, self.inviter, self.import) = (other.source, other.inviter, other.import);
        }
        if vouches || renews {
            self.vouch_time = other.vouch_time;
        }
        self.location = self.location.or(other.location);
        self.groups.extend(new);
        self.groups.sort();
        Transition::Changed(self)
    }
}

impl Mails {
    /// One more at `now`.
    fn add(&mut self, now: OffsetDateTime) {
        self.times.retain(|time| now < *time + DAY);
        self.times.push(now);
    }

    /// One that was to be due at `due` is not.
    fn take_back(&mut self, due: OffsetDateTime) {
        self.times.retain(|time| *time != due);
    }

    /// None of them goes out.
    pub(crate) fn suppress(&mut self) {
        self.times.clear();
    }
}

#[cfg(test)]
mod tests;

//! The invitee says no, and may take that back.

use muster_states::Transition;
use time::OffsetDateTime;

use super::super::{Decline, Invitation, State, Unanswered};
use super::NotAcceptable;
use crate::domain::mailbox::DAY;

/// Why a decline is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotUndone {
    Cancelled,
    /// Accepted or archived.
    Closed,
    /// It was declined a day ago or longer.
    TooLate,
}

impl Decline {
    /// Until when it can be taken back: somebody else, or a program that follows links, may have declined.
    pub(crate) fn undo_expire_time(self) -> OffsetDateTime {
        self.time + DAY
    }

    /// Declines after this time can be taken back at `now`.
    pub(crate) fn undoable_after(now: OffsetDateTime) -> OffsetDateTime {
        now - DAY
    }
}

impl Invitation {
    /// PROSPECT, PENDING or EXPIRED → DECLINED, by the invitee: what has run out is declined so that nobody sends it again.
    /// A mail that still waits for its time never goes out.
    pub(crate) fn decline(mut self, now: OffsetDateTime) -> Transition<Self, NotAcceptable> {
        let before = match self.state {
            State::Prospect => Unanswered::Prospect,
            State::Pending => Unanswered::Pending,
            State::Expired => Unanswered::Expired,
            State::Declined(_) => return Transition::AlreadyDone(self),
            State::Cancelled => return Transition::Refused(NotAcceptable::Cancelled),
            State::Active(_) | State::Archived(_) => return Transition::Refused(NotAcceptable::Closed),
        };
        self.state = State::Declined(Decline { before, time: now });
        self.unschedule();
        Transition::Changed(self)
    }

    /// DECLINED → what it was before, by the invitee, within a day. One that is not declined is as it should be.
    pub(crate) fn undo_decline(mut self, now: OffsetDateTime) -> Transition<Self, NotUndone> {
        match self.state {
            State::Declined(decline) if now < decline.undo_expire_time() => {
                self.state = decline.before.into();
                Transition::Changed(self)
            }
            State::Declined(_) => Transition::Refused(NotUndone::TooLate),
            State::Prospect | State::Pending | State::Expired => Transition::AlreadyDone(self),
            State::Cancelled => Transition::Refused(NotUndone::Cancelled),
            State::Active(_) | State::Archived(_) => Transition::Refused(NotUndone::Closed),
        }
    }
}

//! The states of an invitation and of its mail, as stored and as shown.

use muster_ids::PersonId;
use muster_states::stored_enum;
use time::OffsetDateTime;

/// The state of an invitation, as stored. See [`Invitation::effective_state`](super::Invitation::effective_state) for what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The mail is being attempted.
    Prospect,
    /// The mail server took the mail.
    Pending,
    /// The invitee accepted.
    Active(Acceptance),
    /// The invitee said no.
    Declined(Decline),
    /// The organization took it back.
    Cancelled,
    /// A newer one of the address was made after it had run out.
    Expired,
    /// The learner left the organization.
    Archived(Acceptance),
}

/// Who accepted, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acceptance {
    pub(crate) person: PersonId,
    /// From their own token; empty when it had none.
    pub(crate) display_name: String,
    pub(crate) time: OffsetDateTime,
}

/// When the invitee said no, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decline {
    /// What the invitation is again when they take that back.
    pub(crate) before: Unanswered,
    pub(crate) time: OffsetDateTime,
}

stored_enum! {
    /// A state by name: what is stored, counted and shown.
    pub(crate) enum StateName {
        Prospect = "PROSPECT",
        Pending = "PENDING",
        Active = "ACTIVE",
        Declined = "DECLINED",
        Cancelled = "CANCELLED",
        Expired = "EXPIRED",
        Archived = "ARCHIVED",
    }

    /// A state, as stored, in which an invitation can be declined.
    pub(crate) enum Unanswered {
        Prospect = "PROSPECT",
        Pending = "PENDING",
        Expired = "EXPIRED",
    }

    /// What became of the latest mail.
    pub(crate) enum DeliveryState {
        /// Waits for its send time.
        Scheduled = "SCHEDULED",
        /// Handed to the mail worker.
        Queued = "QUEUED",
        /// The mail worker was told to send it, and has not said what became of it. Shown, never stored.
        Sending = "SENDING",
        /// Held back, with why (`HeldBack`): it waits for somebody.
        Held = "HELD",
        /// The mail server took it.
        Sent = "SENT",
        /// It may have been sent.
        Uncertain = "UNCERTAIN",
        /// The mail server asked to come back later.
        Deferred = "DEFERRED",
        /// The mail server refused it.
        Failed = "FAILED",
        /// Taken, and reported later as not delivered.
        Bounced = "BOUNCED",
        /// The address does not want mail.
        Suppressed = "SUPPRESSED",
        /// No longer wanted when its turn came.
        Dropped = "DROPPED",
    }

    /// How an invitation came about.
    pub(crate) enum Source {
        Manual = "MANUAL",
        Import = "IMPORT",
        JoinPage = "JOIN_PAGE",
    }
}

/// Why a mail is held back: whoever asked for it may not want it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldBack {
    /// Its time is over by more than a day.
    TooLate,
    /// None of the groups that it invites to takes learners any more: nobody could accept.
    GroupsInactive,
}

impl HeldBack {
    /// As it is told.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            HeldBack::TooLate => "not sent: it would have been more than 24 hours late",
            HeldBack::GroupsInactive => "not sent: none of its groups takes learners any more",
        }
    }
}

impl StateName {
    /// An invitation that can be accepted, as long as its time has not run out.
    pub(crate) const LIVE: [Self; 2] = [StateName::Prospect, StateName::Pending];
    /// An invitation that keeps its address: no second one of the same address stands beside it. Statements spell it.
    #[cfg(test)]
    pub(crate) const OCCUPYING: [Self; 3] = [StateName::Prospect, StateName::Pending, StateName::Active];

    /// Whether it can be accepted, as long as its time has not run out.
    pub(crate) fn is_live(self) -> bool {
        Self::LIVE.contains(&self)
    }
}

impl State {
    /// The stored word's enum.
    pub(crate) fn name(&self) -> StateName {
        match self {
            State::Prospect => StateName::Prospect,
            State::Pending => StateName::Pending,
            State::Active(_) => StateName::Active,
            State::Declined(_) => StateName::Declined,
            State::Cancelled => StateName::Cancelled,
            State::Expired => StateName::Expired,
            State::Archived(_) => StateName::Archived,
        }
    }

    /// Who accepted, once somebody has.
    pub(crate) fn acceptance(&self) -> Option<&Acceptance> {
        match self {
            State::Active(acceptance) | State::Archived(acceptance) => Some(acceptance),
            State::Prospect | State::Pending | State::Declined(_) | State::Cancelled | State::Expired => None,
        }
    }

    /// That it was declined, if it is.
    pub(crate) fn decline(&self) -> Option<Decline> {
        match self {
            State::Declined(decline) => Some(*decline),
            _ => None,
        }
    }
}

impl From<Unanswered> for State {
    fn from(state: Unanswered) -> Self {
        match state {
            Unanswered::Prospect => State::Prospect,
            Unanswered::Pending => State::Pending,
            Unanswered::Expired => State::Expired,
        }
    }
}

//! Telling by mail that somebody asks to be let in, that an access ends, that an ownership was moved, and that an organization was suspended
//! or goes on.

use std::time::Duration;

use muster_ids::{AccessNoticeId, AccessNoticeName, OrganizationId, PersonId};
use muster_states::{Transition, next_mail, stored_enum};
use time::OffsetDateTime;

use super::OrganizationState;

/// Between two mails to one owner, however many people ask.
const INTERVAL: Duration = Duration::from_secs(8 * 60 * 60);

/// What the owner of an organization has been mailed about people who ask to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessNotice {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AccessNoticeId,
    /// How many mails were asked for.
    pub(crate) number: i32,
    /// The first moment at which the latest of them may be sent; `None` before the first.
    pub(crate) mail_time: Option<OffsetDateTime>,
}

/// A mail about an access that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccessReminder {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AccessNoticeId,
    /// Whose access ends.
    pub(crate) person: PersonId,
    pub(crate) recipient: ReminderRecipient,
    /// The end of which it tells.
    pub(crate) expire_time: OffsetDateTime,
}

stored_enum! {
    /// Who is told of an end.
    pub(crate) enum ReminderRecipient {
        /// Whose access it is.
        Person = "PERSON",
        /// The owner, whoever that is when it is sent.
        Owner = "OWNER",
    }
}

/// A mail about an ownership that registry staff moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnershipNotice {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AccessNoticeId,
    /// Who is told.
    pub(crate) person: PersonId,
    /// What it made of them.
    pub(crate) recipient: NoticedOwner,
    pub(crate) move_time: OffsetDateTime,
}

stored_enum! {
    /// What the move of an ownership made of somebody.
    pub(crate) enum NoticedOwner {
        /// They own it since.
        Owner = "OWNER",
        /// They owned it before.
        FormerOwner = "FORMER_OWNER",
    }
}

/// A mail about an organization that registry staff suspended, or let go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuspensionNotice {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AccessNoticeId,
    /// Of the profile since the act.
    pub(crate) version: i64,
    /// Whether the suspension ended; else it began.
    pub(crate) is_over: bool,
    pub(crate) act_time: OffsetDateTime,
}

impl SuspensionNotice {
    /// Its resource name: mails about access are all about notices.
    pub(crate) fn name(&self) -> AccessNoticeName {
        AccessNoticeName {
            organization: self.organization,
            notice: self.id,
        }
    }

    /// Whether what it tells is still so. That it is the latest is for whoever looks for it to know.
    pub(crate) fn holds(&self, state: OrganizationState) -> bool {
        match state {
            OrganizationState::Suspended => !self.is_over,
            OrganizationState::Active => self.is_over,
            _ => false,
        }
    }
}

impl OwnershipNotice {
    /// Its resource name: mails about access are all about notices.
    pub(crate) fn name(&self) -> AccessNoticeName {
        AccessNoticeName {
            organization: self.organization,
            notice: self.id,
        }
    }

    /// Whether what it tells is still so, where this person owns the organization.
    pub(crate) fn holds(&self, owner: PersonId) -> bool {
        match self.recipient {
            NoticedOwner::Owner => owner == self.person,
            NoticedOwner::FormerOwner => owner != self.person,
        }
    }
}

impl AccessNotice {
    /// Of an owner who has not been mailed yet.
    pub(crate) fn new(organization: OrganizationId, id: AccessNoticeId) -> Self {
        Self {
            organization,
            id,
            number: 0,
            mail_time: None,
        }
    }

    /// Somebody asks: whether there is to be a further mail, and when.
    pub(crate) fn ask(self, now: OffsetDateTime) -> Transition<Self> {
        match next_mail(self.mail_time, now, INTERVAL) {
            None => Transition::AlreadyDone(self),
            mail_time => Transition::Changed(Self {
                number: self.number + 1,
                mail_time,
                ..self
            }),
        }
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> AccessNoticeName {
        AccessNoticeName {
            organization: self.organization,
            notice: self.id,
        }
    }
}

impl AccessReminder {
    /// Its resource name: mails about access are all about notices.
    pub(crate) fn name(&self) -> AccessNoticeName {
        AccessNoticeName {
            organization: self.organization,
            notice: self.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn there_is_one_mail_in_eight_hours_and_nobody_who_asks_is_left_out() {
        let mut notice = AccessNotice::new(Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let mut ask = |hours: i64| match notice.ask(NOW + time::Duration::hours(hours)) {
            Transition::Changed(next) => {
                notice = next;
                Some((next.number, (next.mail_time.unwrap() - NOW).whole_hours()))
            }
            Transition::AlreadyDone(_) => None,
            Transition::Refused(never) => match never {},
        };
        assert_eq!(ask(0), Some((1, 0)), "the first at once");
        assert_eq!(ask(1), Some((2, 8)), "the next later");
        assert_eq!(ask(2), None, "which tells of this one too");
        assert_eq!(ask(30), Some((3, 30)), "after a quiet day at once");
    }
}

//! Telling the organization by mail that somebody could not accept, because none of the groups of their invitation is active.

use std::time::Duration;

use muster_ids::{AcceptanceNoticeId, AcceptanceNoticeName, OrganizationId, PersonId};
use muster_states::{Transition, next_mail};
use time::OffsetDateTime;

/// Between two mails to one person of one organization, and between two times that one invitation is told of.
pub(crate) const INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// What somebody has been mailed about people who could not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AcceptanceNotice {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AcceptanceNoticeId,
    /// Who is told.
    pub(crate) person: PersonId,
    /// How many mails were asked for.
    pub(crate) number: i32,
    /// The first moment at which the latest of them may be sent; `None` before the first.
    pub(crate) mail_time: Option<OffsetDateTime>,
}

impl AcceptanceNotice {
    /// Of somebody who has not been mailed yet.
    pub(crate) fn new(organization: OrganizationId, id: AcceptanceNoticeId, person: PersonId) -> Self {
        Self {
            organization,
            id,
            person,
            number: 0,
            mail_time: None,
        }
    }

    /// Somebody could not accept: whether there is to be a further mail, and when.
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
    pub(crate) fn name(&self) -> AcceptanceNoticeName {
        AcceptanceNoticeName {
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

    #[test]
    fn there_is_one_mail_a_day_and_nobody_is_left_out() {
        let now = datetime!(2026-03-01 12:00 UTC);
        let id = Uuid::from_u128;
        let mut notice = AcceptanceNotice::new(
            OrganizationId::from_uuid(id(1)),
            AcceptanceNoticeId::from_uuid(id(2)),
            PersonId::from_uuid(id(3)),
        );
        for (hours, asked) in [
            (0, Some((1, 0))),
            (1, Some((2, 24))),
            (2, None),
            (25, Some((3, 48))),
            (100, Some((4, 100))),
        ] {
            let changed = match notice.ask(now + time::Duration::hours(hours)) {
                Transition::Changed(next) => {
                    notice = next;
                    Some((next.number, (next.mail_time.unwrap() - now).whole_hours()))
                }
                Transition::AlreadyDone(_) => None,
                Transition::Refused(never) => match never {},
            };
            assert_eq!(changed, asked, "{hours}");
        }
    }
}

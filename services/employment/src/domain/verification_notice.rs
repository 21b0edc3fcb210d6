//! Telling an administrator by mail that somebody waits to be verified.

use std::time::Duration;

use muster_ids::{OrganizationId, PersonId, VerificationNoticeId, VerificationNoticeName};
use muster_states::{Transition, next_mail};
use time::OffsetDateTime;

/// Between two mails to one administrator of one organization, however many people claim: three a day at most, and the
/// last one that waits is told of within a working day.
const INTERVAL: Duration = Duration::from_secs(8 * 60 * 60);

/// What an administrator has been mailed about people who wait to be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerificationNotice {
    pub(crate) organization: OrganizationId,
    pub(crate) id: VerificationNoticeId,
    /// The administrator.
    pub(crate) person: PersonId,
    /// How many mails were asked for.
    pub(crate) number: i32,
    /// The first moment at which the latest of them may be sent; `None` before the first.
    pub(crate) mail_time: Option<OffsetDateTime>,
}

impl VerificationNotice {
    /// Of an administrator who has not been mailed yet.
    pub(crate) fn new(organization: OrganizationId, id: VerificationNoticeId, person: PersonId) -> Self {
        Self {
            organization,
            id,
            person,
            number: 0,
            mail_time: None,
        }
    }

    /// Somebody began to wait: whether there is to be a further mail, and when.
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
    pub(crate) fn name(&self) -> VerificationNoticeName {
        VerificationNoticeName {
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

    /// The number and the time of the mail that is asked for so many hours after noon; `None` if none is.
    fn ask(notice: &mut VerificationNotice, hours: u32) -> Option<(i32, i64)> {
        match notice.ask(NOW + Duration::from_secs(3600) * hours) {
            Transition::Changed(next) => {
                *notice = next;
                let time = next.mail_time.unwrap() - NOW;
                Some((next.number, time.whole_hours()))
            }
            Transition::AlreadyDone(same) => {
                assert_eq!(same, *notice);
                None
            }
            Transition::Refused(never) => match never {},
        }
    }

    #[test]
    fn there_is_one_mail_in_eight_hours_and_nobody_who_claims_is_left_out() {
        let id = Uuid::from_u128;
        let mut notice = VerificationNotice::new(id(1).into(), id(2).into(), id(3).into());
        assert_eq!(ask(&mut notice, 0), Some((1, 0)), "the first at once");
        assert_eq!(ask(&mut notice, 1), Some((2, 8)), "the next later");
        assert_eq!(ask(&mut notice, 2), None, "which tells of this one too");
        assert_eq!(ask(&mut notice, 9), Some((3, 16)));
        assert_eq!(ask(&mut notice, 30), Some((4, 30)), "after a quiet day at once");
    }
}

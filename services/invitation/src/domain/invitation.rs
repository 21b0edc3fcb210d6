//! An invitation, its states and its transitions.

pub(crate) mod draft;
mod state;
mod transitions;

use std::time::Duration;

use muster_address::EmailAddress;
use muster_ids::{DeliveryId, GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_language::Language;
use time::OffsetDateTime;

pub(crate) use state::{Acceptance, Decline, DeliveryState, HeldBack, Source, State, StateName, Unanswered};
pub(crate) use transitions::{
    NextLink, NotAcceptable, NotOpen, NotReschedulable, NotResendable, NotUndone, NotWanted, TooManyGroups,
};

/// How far ahead a mail may be scheduled.
pub(crate) const SCHEDULE_AHEAD: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How far behind: what a sender's clock may be late.
pub(crate) const SCHEDULE_BEHIND: Duration = Duration::from_secs(60);
/// How much later than its time a mail goes out by itself. Whoever chose the time may not want it any more after that: the
/// invitation says so, and somebody sends it again or takes it back.
pub(crate) const TOO_LATE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a mail may be on its way that the worker was told to send and does not report of: longer than an attempt takes. A worker
/// that died asks again before it sends.
pub(crate) const ON_ITS_WAY: Duration = Duration::from_secs(60 * 60);
/// The most groups of one invitation, those that are merged into it included.
pub(crate) const MAX_GROUPS: usize = 50;

/// An address asked to join an organization. At most one is live, or active, for an address in an organization.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) organization: OrganizationId,
    pub(crate) id: InvitationId,
    pub(crate) version: i64,
    pub(crate) state: State,
    pub(crate) address: EmailAddress,
    /// In which they are written to; stays as it was made, so that a mail that is sent again says the same.
    pub(crate) language: Language,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) source: Source,
    pub(crate) inviter: PersonId,
    pub(crate) import: Option<ImportId>,
    pub(crate) generation: i32,
    pub(crate) mails: Mails,
    pub(crate) delivery: DeliveryState,
    pub(crate) delivery_detail: String,
    /// When the mail worker was told to send the mail of which it has not reported since.
    pub(crate) handover: Option<OffsetDateTime>,
    /// The report that `delivery` was taken from; `None` before the first one.
    pub(crate) reported: Option<Reported>,
    pub(crate) create_time: OffsetDateTime,
    /// When the address was invited by hand or by a spreadsheet, for the last time; when it was made, without that.
    pub(crate) vouch_time: OffsetDateTime,
    pub(crate) send_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
    pub(crate) traceparent: Option<String>,
}

/// The mails of an invitation: their numbers, and when there were some of late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mails {
    /// Which mail with the current link the latest one is: 1 for the first.
    pub(crate) number: i32,
    /// When they were due, those of the last 24 hours before the latest; without what never went out, because it was taken back
    /// before its time or is not wanted.
    pub(crate) times: Vec<OffsetDateTime>,
}

/// Which report of the mail worker it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reported {
    /// The delivery; a later one of the same invitation has a greater id.
    pub(crate) delivery: DeliveryId,
    /// The version of the delivery.
    pub(crate) sequence: i64,
}

/// What the mail worker reports of the mail of an invitation.
#[derive(Debug)]
pub(crate) struct DeliveryReport {
    /// The generation of the link that the mail carried.
    pub(crate) generation: i32,
    /// Which mail with this link it was.
    pub(crate) number: i32,
    pub(crate) reported: Reported,
    pub(crate) state: DeliveryState,
    /// Reply code and enhanced status.
    pub(crate) detail: String,
}

/// A mail to ask for: all that the mail worker is told.
#[derive(Debug)]
pub(crate) struct MailRequest {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    /// Of the invitation.
    pub(crate) version: i64,
    pub(crate) generation: i32,
    /// Which mail with this link it is.
    pub(crate) number: i32,
    pub(crate) traceparent: Option<String>,
}

impl Invitation {
    /// Its mail, to be asked for.
    pub(crate) fn mail_request(&self) -> MailRequest {
        MailRequest {
            organization: self.organization,
            invitation: self.id,
            version: self.version,
            generation: self.generation,
            number: self.mails.number,
            traceparent: self.traceparent.clone(),
        }
    }

    /// The state at `now`: a live one that has run out is expired, whatever is stored, so that no sweeper can be late.
    pub(crate) fn effective_state(&self, now: OffsetDateTime) -> StateName {
        match self.state.name() {
            name if name.is_live() && self.expire_time <= now => StateName::Expired,
            name => name,
        }
    }

    /// What became of the latest mail, as it is known at `now`: one that the worker was told to send may be on its way.
    pub(crate) fn effective_delivery(&self, now: OffsetDateTime) -> DeliveryState {
        match self.handover {
            Some(told) if now < told + ON_ITS_WAY => DeliveryState::Sending,
            _ => self.delivery,
        }
    }

    /// Whether its link may be sent and used at `now`.
    pub(crate) fn is_live(&self, now: OffsetDateTime) -> bool {
        self.effective_state(now).is_live()
    }

    /// The id of the trace that it was made in: the second part of a `traceparent`.
    pub(crate) fn trace_id(&self) -> &str {
        trace_id(self.traceparent.as_deref())
    }
}

/// The trace id of a `traceparent`; empty without one.
pub(crate) fn trace_id(traceparent: Option<&str>) -> &str {
    traceparent
        .and_then(|text| text.split('-').nth(1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_is_the_second_part() {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace_id(Some(traceparent)), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace_id(None), "");
    }
}

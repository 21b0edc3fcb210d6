//! An invitation and where it stands.

use std::time::Duration;

use muster_address::EmailAddress;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

/// How far ahead a mail may be scheduled.
pub(crate) const SCHEDULE_AHEAD: Duration = Duration::from_secs(90 * 24 * 60 * 60);
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
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) source: Source,
    pub(crate) inviter: PersonId,
    pub(crate) import: Option<ImportId>,
    pub(crate) generation: i32,
    pub(crate) delivery: DeliveryState,
    pub(crate) delivery_detail: String,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) send_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
    pub(crate) traceparent: Option<String>,
}

/// A mail to ask for: all that the mail worker is told.
#[derive(Debug)]
pub(crate) struct MailRequest {
    pub(crate) organization: OrganizationId,
    pub(crate) invitation: InvitationId,
    /// Of the invitation.
    pub(crate) version: i64,
    pub(crate) generation: i32,
    pub(crate) traceparent: Option<String>,
}

/// Where an invitation stands, as stored. See [`Invitation::standing`] for what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The mail is being attempted.
    Prospect,
    /// The mail server took the mail.
    Pending,
    /// The invitee accepted.
    Active(Acceptance),
    /// The invitee said no.
    Declined,
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

    /// What became of the latest mail.
    pub(crate) enum DeliveryState {
        /// Waits for its send time.
        Scheduled = "SCHEDULED",
        /// Handed to the mail worker.
        Queued = "QUEUED",
        /// Held back, because the organization is suspended.
        Held = "HELD",
        /// The mail server took it.
        Sent = "SENT",
        /// It may have been sent.
        Uncertain = "UNCERTAIN",
        /// The mail server asked to come back later.
        Deferred = "DEFERRED",
        /// The mail server refused it.
        Failed = "FAILED",
        /// Taken and sent back later.
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

impl StateName {
    /// The words of an invitation that can be accepted. Given to statements as a parameter where the row is found by
    /// its key: written into the statement, they would let the planner take the index of live addresses instead.
    pub(crate) const LIVE: [&'static str; 2] = [StateName::Prospect.as_str(), StateName::Pending.as_str()];
}

impl State {
    /// The stored word's enum.
    pub(crate) fn name(&self) -> StateName {
        match self {
            State::Prospect => StateName::Prospect,
            State::Pending => StateName::Pending,
            State::Active(_) => StateName::Active,
            State::Declined => StateName::Declined,
            State::Cancelled => StateName::Cancelled,
            State::Expired => StateName::Expired,
            State::Archived(_) => StateName::Archived,
        }
    }

    /// Who accepted, once somebody has.
    pub(crate) fn acceptance(&self) -> Option<&Acceptance> {
        match self {
            State::Active(acceptance) | State::Archived(acceptance) => Some(acceptance),
            State::Prospect | State::Pending | State::Declined | State::Cancelled | State::Expired => None,
        }
    }
}

impl Invitation {
    /// Its mail, to be asked for.
    pub(crate) fn mail_request(&self) -> MailRequest {
        MailRequest {
            organization: self.organization,
            invitation: self.id,
            version: self.version,
            generation: self.generation,
            traceparent: self.traceparent.clone(),
        }
    }

    /// Where it stands at `now`: a live one that has run out is expired, whatever is stored, so that no sweeper can be
    /// late.
    pub(crate) fn standing(&self, now: OffsetDateTime) -> StateName {
        match self.state.name() {
            StateName::Prospect | StateName::Pending if self.expire_time <= now => StateName::Expired,
            name => name,
        }
    }

    /// Whether its link may be sent and used at `now`.
    pub(crate) fn is_live(&self, now: OffsetDateTime) -> bool {
        matches!(self.standing(now), StateName::Prospect | StateName::Pending)
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

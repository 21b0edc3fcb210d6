//! A stranger who asks to join by an organization's page.

use std::time::Duration;

use muster_address::{DomainRule, EmailAddress};
use muster_ids::{GroupId, JoinRequestId, LocationId, OrganizationId, PersonId};
use muster_language::Language;
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;

/// How long the address can be confirmed.
pub(crate) const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a request is kept: its address is a stranger's.
pub(crate) const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Within this time the same request again is a second click on the same button.
pub(crate) const REPEATED_WITHIN: Duration = Duration::from_secs(60);
/// In which time mails and requests are counted.
pub(crate) const COUNTED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// In which time one mail goes to a mailbox that wants no further invitation of the organization: who has it may have asked to join, which
/// takes that back, and whoever asks in their stead brings them no more than this one.
pub(crate) const UNWANTED_WITHIN: Duration = KEPT;

/// A request to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinRequest {
    pub(crate) organization: OrganizationId,
    pub(crate) id: JoinRequestId,
    pub(crate) state: JoinRequestState,
    pub(crate) address: EmailAddress,
    pub(crate) language: Language,
    pub(crate) group: GroupId,
    pub(crate) location: LocationId,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
}

stored_enum! {
    /// Where a request stands.
    pub(crate) enum JoinRequestState {
        /// Its mail was not answered, or not in time.
        Unverified = "UNVERIFIED",
        /// The address is confirmed, and the invitation was made.
        Verified = "VERIFIED",
    }
}

/// Too late to confirm the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLate;

/// An organization's page that is open at this moment.
#[derive(Debug, Clone)]
pub(crate) struct JoinPage {
    pub(crate) organization: OrganizationId,
    /// Who put it on: whoever joins by it is their invitee.
    pub(crate) enabled_by: PersonId,
    /// Empty: any address.
    pub(crate) allowed_domains: Vec<DomainRule>,
}

impl JoinPage {
    /// Whether it lets an address in. Asked when somebody asks to join, again when they confirm their address, and again
    /// when they accept.
    pub(crate) fn admits(&self, address: &EmailAddress) -> bool {
        self.allowed_domains.is_empty() || self.allowed_domains.iter().any(|rule| rule.admits(address))
    }
}

impl JoinRequest {
    /// Whether its address can be confirmed at `now`.
    pub(crate) fn is_open(&self, now: OffsetDateTime) -> bool {
        self.state == JoinRequestState::Unverified && now < self.expire_time
    }

    /// UNVERIFIED → VERIFIED, by whoever has the link of the mail.
    pub(crate) fn verify(mut self, now: OffsetDateTime) -> Transition<Self, TooLate> {
        match self.state {
            JoinRequestState::Verified => Transition::AlreadyDone(self),
            JoinRequestState::Unverified if self.is_open(now) => {
                self.state = JoinRequestState::Verified;
                Transition::Changed(self)
            }
            JoinRequestState::Unverified => Transition::Refused(TooLate),
        }
    }
}

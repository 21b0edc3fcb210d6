//! A new invitation, whether by hand or by spreadsheet.

use std::time::Duration;

use muster_address::EmailAddress;
use muster_ids::{GroupId, ImportId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_language::Language;
use time::OffsetDateTime;

use super::{DeliveryState, Invitation, Mails, Source, State};

/// How long an invitation can be accepted, counted from its sending.
pub(super) const LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a new invitation is made of.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) organization: OrganizationId,
    pub(crate) id: InvitationId,
    pub(crate) address: EmailAddress,
    pub(crate) language: Language,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) source: Source,
    pub(crate) inviter: PersonId,
    pub(crate) import: Option<ImportId>,
    pub(crate) now: OffsetDateTime,
    /// When its mail goes out: now, or later.
    pub(crate) due: OffsetDateTime,
    pub(crate) traceparent: Option<String>,
}

impl Draft {
    /// The invitation, not stored yet.
    pub(crate) fn invitation(mut self) -> Invitation {
        self.groups.sort();
        self.groups.dedup();
        let delivery = if self.due > self.now {
            DeliveryState::Scheduled
        } else {
            DeliveryState::Queued
        };
        Invitation {
            organization: self.organization,
            id: self.id,
            version: 1,
            state: State::Prospect,
            address: self.address,
            language: self.language,
            groups: self.groups,
            location: self.location,
            source: self.source,
            inviter: self.inviter,
            import: self.import,
            generation: 1,
            mails: Mails {
                number: 1,
                times: vec![self.due],
            },
            delivery,
            delivery_detail: String::new(),
            handover: None,
            reported: None,
            create_time: self.now,
            vouch_time: self.now,
            send_time: self.due,
            expire_time: self.due + LIFE,
            traceparent: self.traceparent,
        }
    }
}

//! The delivery: its states, what was asked for, and what has happened to it.

use muster_ids::{DeliveryId, DeliveryName, OrganizationId};
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::mails::{Purpose, Stamp, Subject};

/// A delivery as organizations see it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The organization that the message is sent for.
    pub organization: OrganizationId,
    /// UUIDv7: newest last.
    pub id: DeliveryId,
    /// The resource name of what it is about, as text: a newer release may send mail about things unknown to this one.
    pub subject: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was handed to the mail server.
    pub attempts: i32,
    /// The server's latest reply; empty without one.
    pub server_reply: String,
    /// Its Message-ID header.
    pub message_id: String,
    /// When it was asked for.
    pub create_time: OffsetDateTime,
    /// When the server took it.
    pub send_time: Option<OffsetDateTime>,
    /// When a report came that it could not be delivered.
    pub bounce_time: Option<OffsetDateTime>,
    /// When it is tried next.
    pub next_attempt_time: Option<OffsetDateTime>,
    /// The W3C trace context in which it was asked for.
    pub traceparent: Option<String>,
}

/// A delivery that a worker holds, with all that an attempt at it needs.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The right to say what becomes of it.
    pub lease: Lease,
    /// What was asked for.
    pub request: MailRequest,
    /// What makes every attempt the same.
    pub stamp: Stamp,
    /// SHA-256 of the copy that may have been taken, when there is one.
    pub possible_copy: Option<[u8; 32]>,
    /// What has happened so far.
    pub history: History,
    /// How far its worker may have come.
    pub phase: Phase,
    /// The server's reply so far.
    pub server_reply: String,
    /// The W3C trace context in which it was asked for.
    pub traceparent: Option<String>,
}

/// The right to say what becomes of a delivery, until somebody else has it. It stands in the place of the version that
/// guards other aggregates: a worker that lost its lease finds no row to update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The organization.
    pub organization: OrganizationId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Fresh at every claim.
    pub token: Uuid,
}

impl Lease {
    /// The resource name of the delivery.
    #[must_use]
    pub fn name(&self) -> DeliveryName {
        DeliveryName {
            organization: self.organization,
            delivery: self.delivery,
        }
    }
}

stored_enum! {
    /// What became of a message.
    pub enum DeliveryState {
        /// Waits for its turn.
        Queued = "QUEUED",
        /// Is being handed to the mail server.
        Sending = "SENDING",
        /// The mail server took it.
        Sent = "SENT",
        /// It may have been sent.
        Uncertain = "UNCERTAIN",
        /// Waits because the mail server could not take it yet.
        Deferred = "DEFERRED",
        /// Refused, or tried for too long.
        Failed = "FAILED",
        /// No longer wanted when its turn came.
        Dropped = "DROPPED",
        /// Taken by the mail server, which could not deliver it afterwards.
        Bounced = "BOUNCED",
    }
}

stored_enum! {
    /// How far the worker may have come that holds a delivery.
    pub enum Phase {
        /// The message has certainly not been handed over.
        BeforeDot = "BEFORE_DOT",
        /// The final dot may have been written: the server may have taken the message.
        Dot = "DOT",
    }
}

/// What an event asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRequest {
    /// What the message is about.
    pub subject: Subject,
    /// Why it is sent.
    pub purpose: Purpose,
    /// The generation of the link that it carries; from 1.
    pub generation: i32,
    /// Which mail with that link it is; from 1.
    pub number: i32,
}

/// A copy of a message: its return path names it. There is a second one of a message that may have been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCopy {
    /// The delivery.
    pub delivery: DeliveryId,
    /// From 1.
    pub number: u8,
}

/// A delivery of which a report speaks, as it is stored.
#[derive(Debug, Clone)]
pub struct HandedOver {
    /// The organization that the message is sent for.
    pub organization: OrganizationId,
    /// The delivery.
    pub id: DeliveryId,
    /// The resource name of what it is about, as text: a newer release may have sent it.
    pub subject: String,
    /// The generation of the link that it carries.
    pub generation: i32,
    /// Which mail with that link it is.
    pub request: i32,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was sent again though it may have been taken.
    pub ambiguous_resends: i32,
    /// Raised at every change.
    pub version: i64,
    /// The W3C trace context in which it was asked for.
    pub traceparent: Option<String>,
}

/// What became of the message is not written down yet: whoever reports comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StillSending;

impl HandedOver {
    /// The resource name of the delivery.
    #[must_use]
    pub fn name(&self) -> DeliveryName {
        DeliveryName {
            organization: self.organization,
            delivery: self.id,
        }
    }

    /// SENT or UNCERTAIN → BOUNCED, when this copy came back; and of a message that waits to be sent again because it may have been
    /// taken: it was, and there will be no second copy. Once a second one was taken, what became of the first is no news, as
    /// is anything about a message that was refused, is not wanted any more, or has come back before.
    pub fn bounce(mut self, copy: SentCopy) -> Transition<Self, StillSending> {
        let is_latest = i32::from(copy.number) > self.ambiguous_resends;
        let may_be_taken = self.ambiguous_resends > 0;
        let came_back = match self.state {
            DeliveryState::Sending => return Transition::Refused(StillSending),
            DeliveryState::Sent => is_latest,
            DeliveryState::Uncertain => true,
            DeliveryState::Queued | DeliveryState::Deferred => may_be_taken,
            DeliveryState::Failed | DeliveryState::Dropped | DeliveryState::Bounced => false,
        };
        if !came_back {
            return Transition::AlreadyDone(self);
        }
        self.state = DeliveryState::Bounced;
        self.version += 1;
        Transition::Changed(self)
    }
}

/// What has happened to a delivery so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// From when on it was to be sent.
    pub due_time: OffsetDateTime,
    /// How often it was handed to the mail server.
    pub attempts: i32,
    /// How often the mail server asked to come back later.
    pub deferrals: i32,
    /// How often the connection failed before the message was handed over.
    pub breaks: i32,
    /// How often in a row its source answered and had no mail to give.
    pub unasked: i32,
    /// How often it was sent again though it may have been taken.
    pub ambiguous_resends: i32,
}

impl History {
    /// Which copy of the message the next attempt hands over.
    #[must_use]
    pub fn next_copy(&self) -> u8 {
        u8::try_from(self.ambiguous_resends).map_or(u8::MAX, |resends| resends.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed_over(state: DeliveryState, ambiguous_resends: i32) -> HandedOver {
        HandedOver {
            organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
            id: DeliveryId::from_uuid(Uuid::from_u128(2)),
            subject: String::new(),
            generation: 1,
            request: 1,
            state,
            ambiguous_resends,
            version: 7,
            traceparent: None,
        }
    }

    /// What a report about this copy comes to.
    fn outcome(state: DeliveryState, ambiguous_resends: i32, number: u8) -> &'static str {
        let delivery = handed_over(state, ambiguous_resends);
        let copy = SentCopy {
            delivery: delivery.id,
            number,
        };
        match delivery.bounce(copy) {
            Transition::Changed(bounced) => {
                assert_eq!((bounced.state, bounced.version), (DeliveryState::Bounced, 8));
                "bounced"
            }
            Transition::AlreadyDone(same) => {
                assert_eq!((same.state, same.version), (state, 7));
                "nothing"
            }
            Transition::Refused(StillSending) => "later",
        }
    }

    #[test]
    fn what_may_have_been_taken_can_come_back_and_nothing_else() {
        for state in DeliveryState::ALL {
            let expected = match state {
                DeliveryState::Sending => "later",
                DeliveryState::Sent | DeliveryState::Uncertain => "bounced",
                _ => "nothing",
            };
            assert_eq!(outcome(state, 0, 1), expected, "{state}");
        }
    }

    #[test]
    fn the_first_copy_says_nothing_of_a_second_one_that_was_taken() {
        for state in DeliveryState::ALL {
            let expected = match state {
                DeliveryState::Sending => ["later", "later"],
                DeliveryState::Sent => ["nothing", "bounced"],
                DeliveryState::Uncertain | DeliveryState::Queued | DeliveryState::Deferred => {
                    ["bounced", "bounced"]
                }
                DeliveryState::Failed | DeliveryState::Dropped | DeliveryState::Bounced => {
                    ["nothing", "nothing"]
                }
            };
            assert_eq!([1, 2].map(|copy| outcome(state, 1, copy)), expected, "{state}");
        }
    }
}

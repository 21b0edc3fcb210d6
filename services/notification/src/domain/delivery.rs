//! The delivery: its states, what was asked for, and what has happened to it.

use muster_ids::{DeliveryId, DeliveryName, OrganizationId};
use muster_states::stored_enum;
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

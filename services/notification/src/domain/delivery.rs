//! The words of a delivery.

use muster_states::stored_enum;
use time::OffsetDateTime;

use crate::mails::{Purpose, Subject};

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
    /// When it was asked for.
    pub create_time: OffsetDateTime,
    /// How often it was handed to the mail server.
    pub attempts: i32,
    /// How often the mail server asked to come back later.
    pub deferrals: i32,
    /// How often the connection failed before the message was handed over.
    pub breaks: i32,
    /// How often in a row its owner could not be asked.
    pub unasked: i32,
    /// How often it was sent again though it may have been taken.
    pub ambiguous_resends: i32,
}

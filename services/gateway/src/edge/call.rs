//! One call on its way through the edge.

use bytes::Bytes;
use http::request::Parts;
use muster_access::MethodRule;

use super::capacity::{CallPermit, CallerPermit};
use super::deadline::Time;
use super::identify::Identified;
use super::messages::Messages;
use super::observe::Observation;
use super::request_body::AbortReason;

/// A call of a method that is known.
pub(super) struct Call {
    pub(super) rule: &'static MethodRule,
    pub(super) parts: Parts,
    pub(super) time: Time,
    /// Why the edge ended the request itself, if it did.
    pub(super) abort_reason: AbortReason,
    pub(super) observation: Observation,
}

impl Call {
    pub(super) fn new(rule: &'static MethodRule, parts: Parts, observation: Observation) -> Self {
        Self {
            rule,
            time: Time::of(rule, &parts.headers),
            parts,
            abort_reason: AbortReason::default(),
            observation,
        }
    }
}

/// Whose call it is, counted among the caller's.
pub(super) struct Entered {
    pub(super) who: Identified,
    pub(super) permit: CallerPermit,
}

/// A call whose first message is there, counted among all.
pub(super) struct Received {
    pub(super) who: Identified,
    pub(super) first: Option<Bytes>,
    pub(super) messages: Messages,
    pub(super) permit: CallPermit,
}

//! A call that sends many messages.

use std::sync::Arc;

use muster_identity::Caller;
use muster_ids::OrganizationId;
use muster_proto::RequestMessage;
use muster_refusal::{ErrorReason, Refusal, reason_of};
use tonic::{Code, Request, Status, Streaming};

use super::scope::{self, Named};
use super::{Accepted, accepted, broken_rules};

/// A verified call that sends many messages.
#[derive(Debug)]
pub struct StreamCall<M> {
    /// Who calls.
    pub caller: Caller,
    messages: Streaming<M>,
    accepted: Arc<Accepted>,
    begun: bool,
}

impl<M: RequestMessage> StreamCall<M> {
    /// Takes the verified caller; each message is checked when it is taken.
    ///
    /// # Errors
    /// Only when the shell is put together wrongly.
    pub fn accept(request: Request<Streaming<M>>) -> Result<Self, Refusal> {
        let accepted = accepted(request.extensions())?;
        Ok(Self {
            caller: accepted.caller.clone(),
            messages: request.into_inner(),
            accepted,
            begun: false,
        })
    }

    /// The path of the RPC without its first slash, as keys of stored answers name it.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.accepted.rule.path.trim_start_matches('/')
    }

    /// The next message, checked like the message of a [`Call`](super::Call); `None` at the end. The first one names the
    /// scope, later ones name the same or none.
    ///
    /// # Errors
    /// As [`Call::accept`](super::Call::accept), `STREAM_SCOPE_CHANGED`, `MESSAGE_MALFORMED`, or the transport's.
    pub async fn next(&mut self) -> Result<Option<M>, Status> {
        let Some(message) = self.messages.message().await.map_err(broken_off)? else {
            return Ok(None);
        };
        match scope::named(&message) {
            Named::Free => {}
            Named::Absent if self.begun => {}
            Named::Organization(named) if Some(named) == self.caller.organization() => {}
            _ if self.begun => return Err(scope_changed().into()),
            _ => return Err(Refusal::permission_denied().into()),
        }
        self.begun = true;
        broken_rules(&message).finish()?;
        Ok(Some(message))
    }

    /// As [`Call::organization`](super::Call::organization).
    ///
    /// # Errors
    /// As [`Call::organization`](super::Call::organization).
    pub fn organization(&self) -> Result<OrganizationId, Refusal> {
        self.caller.organization().ok_or_else(Refusal::permission_denied)
    }
}

/// What the shell or the codec says stays; what the transport says of a message that does not end is told in our words.
fn broken_off(status: Status) -> Status {
    match status.code() {
        _ if reason_of(&status).is_some() => status,
        Code::Internal => muster_proto::codec::malformed(),
        _ => status,
    }
}

fn scope_changed() -> Refusal {
    Refusal::new(
        ErrorReason::StreamScopeChanged,
        "every message of the stream must name the scope of the first one",
    )
}

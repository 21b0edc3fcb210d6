//! A call that sends many messages.

use std::sync::Arc;

use muster_identity::Caller;
use muster_ids::OrganizationId;
use muster_proto::RequestMessage;
use muster_refusal::{ErrorReason, Refusal, reason_of};
use tonic::{Code, Request, Status, Streaming};

use super::scope::{self, NamedScope};
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
            NamedScope::Free => {}
            NamedScope::Absent if self.begun => {}
            NamedScope::Organization(named) if Some(named) == self.caller.organization() => {}
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;
    use muster_clock::Clock;
    use muster_identity::Role;
    use muster_proto::codec::ServerCodec;
    use muster_proto::invitation::v1::{UploadImportRequest, UploadImportResponse};
    use muster_testkit::Callers;
    use prost::Message as _;
    use tonic::codec::Codec as _;

    use super::*;
    use crate::method_rules;

    const UPLOAD: &str = "/muster.invitation.v1.ImportService/UploadImport";

    /// A message as it travels.
    fn framed(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&[0], length.as_slice(), message].concat()
    }

    /// The call of somebody who may upload, and the first message, which is good.
    fn call(behind: Vec<u8>) -> StreamCall<UploadImportRequest> {
        let organization = OrganizationId::from_uuid(Clock::system().new_uuid());
        let first = UploadImportRequest {
            parent: format!("organizations/{organization}"),
            file_name: "learners.csv".to_owned(),
            sha256: vec![0; 32],
            ..Default::default()
        };
        let body = [framed(&first.encode_to_vec()), behind].concat();
        let mut codec = ServerCodec::<UploadImportResponse, UploadImportRequest>::default();
        let messages = Streaming::new_request(codec.decoder(), Full::new(Bytes::from(body)), None, None);
        let mut request = Request::new(messages);
        let rule = method_rules::get(UPLOAD).unwrap();
        request.extensions_mut().insert(Arc::new(Accepted {
            rule,
            caller: Callers::member("ada", organization, Role::Admin, "import.create"),
        }));
        StreamCall::accept(request).unwrap()
    }

    #[tokio::test]
    async fn a_message_in_the_middle_that_cannot_be_read_is_the_callers_mistake() {
        for behind in [
            framed(&[0x0c]),
            framed(&[0x0a, 2, 0xff, 0xfe]),
            framed(&[0x0a, 9, b'x']),
            framed(&[0x0a, 1, b'x'])[..6].to_vec(),
        ] {
            let mut call = call(behind.clone());
            assert!(call.next().await.unwrap().is_some());
            let status = call.next().await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{behind:?}: {status:?}");
            assert_eq!(reason_of(&status), Some(ErrorReason::MessageMalformed));
        }
    }

    #[tokio::test]
    async fn a_later_message_names_the_same_scope_or_none() {
        let chunk = |parent: String| {
            let message = UploadImportRequest {
                parent,
                ..Default::default()
            };
            framed(&message.encode_to_vec())
        };
        let other = OrganizationId::from_uuid(Clock::system().new_uuid());
        for (parent, allowed) in [
            (String::new(), true),
            (format!("organizations/{other}"), false),
            ("organizations/x".to_owned(), false),
        ] {
            let mut call = call(chunk(parent.clone()));
            assert!(call.next().await.unwrap().is_some());
            let next = call.next().await;
            assert_eq!(next.is_ok(), allowed, "{parent}: {next:?}");
        }
    }
}

//! The edge about itself: why a call is let through or not, and what somebody may do. Answered in this process, from the
//! rules and policies that decide about calls.
//!
//! Whoever has no role in an organization learns nothing of it here either: it sounds like one that does not exist.

mod explain;
mod mine;
mod reason_text;

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::{BodyExt as _, Full};
use muster_access::{MethodRule, Rules};
use muster_identity::{Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_refusal::{ErrorReason, Refusal, Violations};
use prost::{Message, Name};
use tonic::Status;
use tonic::body::Body;

use crate::policy::Policies;
use crate::upstream::Roles;

/// Answers.
#[derive(Clone)]
pub(crate) struct Access {
    rules: &'static Rules,
    policies: Policies,
    roles: Roles,
}

/// Who asks, and how long they wait.
struct Asker<'a> {
    person: &'a PersonCaller,
    patience: Duration,
}

impl Access {
    /// Answers from these.
    pub(crate) fn new(rules: &'static Rules, policies: Policies, roles: Roles) -> Self {
        Self {
            rules,
            policies,
            roles,
        }
    }

    /// The answer to a message of a method of this area.
    ///
    /// # Errors
    /// As the contract says.
    pub(crate) async fn answer(
        &self,
        rule: &MethodRule,
        caller: &Caller,
        message: &[u8],
        patience: Duration,
    ) -> Result<Response<Body>, Refusal> {
        let person = caller.person().ok_or_else(Refusal::permission_denied)?;
        let asker = Asker { person, patience };
        let answer = match rule.method.as_str() {
            "ExplainAccess" => framed(&self.explain(&asker, read(message)?).await?),
            "ListMyPermissions" => framed(&self.mine(&asker, read(message)?).await?),
            // A test asks for every method of this area.
            _ => return Err(Refusal::internal()),
        };
        Ok(response(answer))
    }

    /// The role of the one who asks, as it is for their calls.
    async fn role(&self, asker: &Asker<'_>, organization: OrganizationId) -> Result<Option<Role>, Refusal> {
        let role = self.roles.of(asker.person.id, organization, asker.patience);
        role.await.map_err(|status| {
            tracing::warn!(code = ?status.code(), "the organization service does not tell roles");
            Refusal::unavailable()
        })
    }
}

fn read<M: Message + Name + Default>(message: &[u8]) -> Result<M, Refusal> {
    let malformed = |_| {
        Refusal::new(
            ErrorReason::MessageMalformed,
            "the message is not one of this method",
        )
    };
    let message = M::decode(message).map_err(malformed)?;
    Violations::from(muster_proto::validate(&message)).finish()?;
    Ok(message)
}

fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(5 + length);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    framed.put(&*message.encode_to_vec());
    framed.freeze()
}

fn response(message: Bytes) -> Response<Body> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    let body = Full::new(message).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

//! From messages to types that cannot be wrong.

use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, convert};

use crate::domain::{EndedSession, SessionDigest};

pub(super) fn ended(call: &Call<pb::EndSessionRequest>, violations: &mut Violations) -> Parsed<EndedSession> {
    let given = &call.message;
    let digest = SessionDigest::parse(&given.session_digest);
    let digest = violations.check("session_digest", digest);
    let end_time = convert::from_timestamp(given.end_time.unwrap_or_default());
    let end_time = violations.check("end_time", end_time);
    Ok(digest
        .zip(end_time)
        .map(|(digest, end_time)| EndedSession { digest, end_time }))
}

pub(super) fn digest(
    call: &Call<pb::CheckSessionRequest>,
    violations: &mut Violations,
) -> Parsed<SessionDigest> {
    let digest = SessionDigest::parse(&call.message.session_digest);
    Ok(violations.check("session_digest", digest))
}

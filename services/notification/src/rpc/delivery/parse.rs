//! From messages to types that cannot be wrong.

use muster_ids::OrganizationId;
use muster_proto::notification::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::mails::Subject;

/// The organization of the caller's token, and what the deliveries are about, if that is said.
pub(super) fn list(
    call: &Call<pb::ListDeliveriesRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Option<Subject>)> {
    let (organization, given) = (call.organization()?, &call.message.subject);
    let subject = (!given.is_empty()).then(|| given.parse::<Subject>());
    let subject = violations.check("subject", subject.transpose());
    Ok(subject.map(|subject| (organization, subject)))
}

//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{GrantName, OrganizationName, resolve_me};
use muster_proto::records::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::named;
use muster_server::{Call, Parsed};

use crate::ops::grant::create::Consent;
use crate::rpc::oneself;

/// The caller, and the organization to which they consent.
pub(super) fn create_grant(
    call: &Call<pb::CreateGrantRequest>,
    violations: &mut Violations,
) -> Parsed<Consent> {
    let person = oneself(call, violations, &call.message.parent)?;
    let given = call.message.grant.clone().unwrap_or_default();
    let name = named::<OrganizationName>(violations, "grant.organization", &given.organization);
    Ok(person.zip(name).map(|(person, name)| Consent {
        person,
        organization: name.organization,
    }))
}

/// A grant of the caller's own.
pub(super) fn revoke_grant(
    call: &Call<pb::RevokeGrantRequest>,
    violations: &mut Violations,
) -> Parsed<GrantName> {
    let caller = call.person()?.id;
    let name = named::<GrantName>(violations, "name", &resolve_me(&call.message.name, caller));
    match name {
        Some(name) if name.person != caller => Err(Refusal::permission_denied()),
        own => Ok(own),
    }
}

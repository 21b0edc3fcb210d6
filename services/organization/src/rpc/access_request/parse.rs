//! From messages to types that cannot be wrong.

use muster_identity::PersonCaller;
use muster_ids::{AccessRequestName, OrganizationId, OrganizationName, PersonId};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{named, oneself};
use muster_server::{Call, Parsed};

use crate::domain::{AccessRequestState, Asker, GivenRole, OrganizationNumber, ShortName, Wish};
use crate::ops::access_request::approve::Approval;
use crate::ops::access_request::ask::Asking;

type List = (OrganizationId, Option<AccessRequestState>);

pub(super) fn list(call: &Call<pb::ListAccessRequestsRequest>, violations: &mut Violations) -> Parsed<List> {
    let parent = call.name::<OrganizationName>(violations);
    // Unspecified is every state; a number that is none breaks the field's rule.
    let state = AccessRequestState::try_from(call.message.state()).ok();
    Ok(parent.map(|parent| (parent.organization, state)))
}

pub(super) fn approval(
    call: &Call<pb::ApproveAccessRequestRequest>,
    violations: &mut Violations,
) -> Parsed<Approval> {
    let by = call.person()?.id;
    let role = match call.message.role() {
        pb::Role::Unspecified => Some(None),
        chosen => violations.check("role", GivenRole::try_from(chosen)).map(Some),
    };
    let name = call.name::<AccessRequestName>(violations);
    Ok(name.zip(role).map(|(name, role)| Approval { name, role, by }))
}

pub(super) fn denied(
    call: &Call<pb::DenyAccessRequestRequest>,
    violations: &mut Violations,
) -> Parsed<(AccessRequestName, PersonId)> {
    let by = call.person()?.id;
    Ok(call.name(violations).map(|name| (name, by)))
}

pub(super) fn withdrawn(
    call: &Call<pb::WithdrawAccessRequestRequest>,
    violations: &mut Violations,
) -> Parsed<(AccessRequestName, PersonId)> {
    let by = call.person()?.id;
    let name = named::<AccessRequestName>(violations, "name", &call.message.name);
    Ok(name.map(|name| (name, by)))
}

/// A person asks, with the name and the first of the addresses of their own token.
pub(super) fn asking(call: &Call<pb::RequestAccessRequest>, violations: &mut Violations) -> Parsed<Asking> {
    let given = &call.message;
    let own = oneself(&call.caller, violations, "parent", &given.parent)?;
    let message = message(&given.message);
    // The rules of these fields have told what is wrong with them.
    let number = OrganizationNumber::parse(&given.organization_number);
    let role = GivenRole::try_from(given.role()).ok();
    let (Some(_), Some(message), Some(number), Some(role)) = (own, message, number, role) else {
        return Ok(None);
    };
    Ok(Some(Asking {
        number,
        asker: asker(call.person()?),
        wish: Wish { role, message },
    }))
}

fn asker(caller: &PersonCaller) -> Option<Asker> {
    Some(Asker {
        person: caller.id,
        display_name: caller.name.clone(),
        address: caller.emails.first()?.clone(),
    })
}

/// As names are read: an owner reads it beside buttons. What is wrong with it, the rule of the field has told.
fn message(given: &str) -> Option<Option<ShortName>> {
    if given.is_empty() {
        return Some(None);
    }
    ShortName::parse(given).ok().map(Some)
}

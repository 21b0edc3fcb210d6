//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName, OwnershipOfferName, PersonId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};

use crate::domain::Owner;
use crate::ops::ownership::accept::Acceptance;
use crate::ops::ownership::offer::Offering;
use crate::ops::ownership::reassign::Reassignment;

pub(super) fn offering(
    call: &Call<pb::OfferOwnershipRequest>,
    violations: &mut Violations,
) -> Parsed<Offering> {
    let by = call.person()?.id;
    let parent = call.name::<OrganizationName>(violations);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    Ok(parent.zip(person).map(|(parent, person)| Offering {
        organization: parent.organization,
        person: person.person,
        by,
    }))
}

pub(super) fn list(
    call: &Call<pb::ListOwnershipOffersRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

pub(super) fn withdrawn(
    call: &Call<pb::WithdrawOwnershipOfferRequest>,
    violations: &mut Violations,
) -> Parsed<(OwnershipOfferName, PersonId)> {
    let by = call.person()?.id;
    Ok(call.name(violations).map(|name| (name, by)))
}

/// An offer is accepted with the name and the addresses of the person's own token.
pub(super) fn acceptance(
    call: &Call<pb::AcceptOwnershipRequest>,
    violations: &mut Violations,
) -> Parsed<Acceptance> {
    let caller = call.person()?;
    let by = Owner {
        person: caller.id,
        display_name: caller.name.clone(),
    };
    let address = caller.emails.first().cloned();
    let name = named(violations, "name", &call.message.name);
    Ok(name.map(|name| Acceptance { name, by, address }))
}

pub(super) fn declined(
    call: &Call<pb::DeclineOwnershipRequest>,
    violations: &mut Violations,
) -> Parsed<(OwnershipOfferName, PersonId)> {
    let by = call.person()?.id;
    let name = named(violations, "name", &call.message.name);
    Ok(name.map(|name| (name, by)))
}

pub(super) fn reassignment(
    call: &Call<pb::MoveOwnershipRequest>,
    violations: &mut Violations,
) -> Parsed<Reassignment> {
    let by = call.person()?.id;
    let name = call.name::<OrganizationName>(violations);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    Ok(name.zip(person).map(|(name, person)| Reassignment {
        organization: name.organization,
        person: person.person,
        by,
        actor: call.actor(),
        reason: call.message.reason.clone(),
    }))
}

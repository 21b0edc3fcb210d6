//! From messages to types that cannot be wrong: what the field rules of the contract cannot say. The shell tells the
//! caller of broken rules and of everything that is noted here at once.

use muster_ids::{
    EmploymentName, GroupId, GroupName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId,
    PersonName,
};
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{self, named, optional_named};
use muster_server::{Call, Parsed};

use super::positions::perhaps_day;
use crate::domain::{RejectionReason, Side};
use crate::ops::employment::end::{Ending, Said};
use crate::ops::employment::own_employment::OwnEmployment;
use crate::ops::employment::place::Placing;
use crate::ops::employment::reject::Rejecting;
use crate::ops::employment::undo_end::Undoing;
use crate::ops::employment::verify::Verification;

pub(super) fn employment(
    call: &Call<pb::GetEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<EmploymentName> {
    Ok(call.name(violations))
}

pub(super) fn verify(
    call: &Call<pb::VerifyEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Verification> {
    let (by, actor) = (call.person()?.id, call.actor());
    Ok(call.name(violations).map(|employment| Verification {
        employment,
        by,
        actor,
    }))
}

pub(super) fn verify_owner(
    call: &Call<pb::VerifyOwnerEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Verification> {
    let (by, actor) = (call.person()?.id, call.actor());
    Ok(call.name(violations).map(|employment| Verification {
        employment,
        by,
        actor,
    }))
}

pub(super) fn reject(
    call: &Call<pb::RejectEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Rejecting> {
    let (by, actor) = (call.person()?.id, call.actor());
    let comment = call.message.comment.trim().to_owned();
    let reason = RejectionReason::try_from(call.message.reason()).ok();
    if reason == Some(RejectionReason::Other) && comment.is_empty() {
        violations.add("comment", "must say why, where no other reason fits");
    }
    let named = call.name(violations).zip(reason);
    Ok(named.map(|(employment, reason)| Rejecting {
        employment,
        reason,
        comment,
        by,
        actor,
    }))
}

pub(super) fn end(call: &Call<pb::EndEmploymentRequest>, violations: &mut Violations) -> Parsed<Ending> {
    let said = said(
        violations,
        &call.message.reason,
        &call.message.last_day,
        Side::Organization,
    );
    let by = call.person()?.id;
    let named = call.name(violations).zip(said);
    Ok(named.map(|(employment, said)| Ending {
        employment,
        said,
        own: None,
        by,
        actor: call.actor(),
    }))
}

pub(super) fn leave(call: &Call<pb::LeaveEmploymentRequest>, violations: &mut Violations) -> Parsed<Ending> {
    let said = said(
        violations,
        &call.message.reason,
        &call.message.last_day,
        Side::Person,
    );
    let own = own(call, violations, &call.message.name)?.zip(said);
    Ok(own.map(|(own, said)| Ending {
        employment: own.employment,
        said,
        own: Some(own.person),
        by: own.person,
        actor: own.actor,
    }))
}

/// What is said of an end.
pub(super) fn said(violations: &mut Violations, reason: &str, last_day: &str, by: Side) -> Option<Said> {
    let last_day = perhaps_day(violations, "last_day", last_day)?;
    Some(Said {
        reason: reason.to_owned(),
        last_day,
        by,
    })
}

pub(super) fn undo_end(
    call: &Call<pb::UndoEndEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Undoing> {
    Ok(call.name(violations).map(|employment| Undoing {
        employment,
        by: Side::Organization,
        own: None,
        actor: call.actor(),
    }))
}

pub(super) fn undo_leave(
    call: &Call<pb::UndoLeaveEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<Undoing> {
    let own = own(call, violations, &call.message.name)?;
    Ok(own.map(|own| Undoing {
        employment: own.employment,
        by: Side::Person,
        own: Some(own.person),
        actor: own.actor,
    }))
}

/// The most groups that somebody is in, as of an invitation.
const MAX_GROUPS: usize = 50;

pub(super) fn place(call: &Call<pb::PlaceEmploymentRequest>, violations: &mut Violations) -> Parsed<Placing> {
    let given = call.message.employment.clone().unwrap_or_default();
    let mask = call.update_mask(&["groups", "location"], violations);
    let groups = mask.when("groups", || {
        if given.groups.len() > MAX_GROUPS {
            violations.add("employment.groups", "must be at most 50");
        }
        names::all_named::<GroupName>(violations, "employment.groups", &given.groups)
    });
    let location = mask.when("location", || {
        optional_named::<LocationName>(violations, "employment.location", &given.location)
    });
    let named = named::<EmploymentName>(violations, "employment.name", &given.name);
    Ok(named.map(|employment| Placing {
        employment,
        groups,
        location,
        if_match: call.if_match(),
        actor: call.actor(),
    }))
}

pub(super) fn correct(
    call: &Call<pb::CorrectEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<OwnEmployment> {
    own(call, violations, &call.message.name)
}

pub(super) fn withdraw(
    call: &Call<pb::WithdrawEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<OwnEmployment> {
    own(call, violations, &call.message.name)
}

pub(super) fn remind(
    call: &Call<pb::RemindVerifiersRequest>,
    violations: &mut Violations,
) -> Parsed<OwnEmployment> {
    own(call, violations, &call.message.name)
}

/// What the caller says is theirs.
fn own<M>(call: &Call<M>, violations: &mut Violations, name: &str) -> Parsed<OwnEmployment> {
    let (person, actor) = (call.person()?.id, call.actor());
    let named = named::<EmploymentName>(violations, "name", name);
    Ok(named.map(|employment| OwnEmployment {
        employment,
        person,
        actor,
    }))
}

/// The caller, when the field names exactly them.
pub(super) fn oneself(
    call: &Call<pb::ListPersonEmploymentsRequest>,
    violations: &mut Violations,
) -> Parsed<PersonId> {
    names::oneself(&call.caller, violations, "parent", &call.message.parent)
}

pub(super) fn state_question(
    call: &Call<pb::GetEmploymentStateRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, PersonId)> {
    let organization = named::<OrganizationName>(violations, "organization", &call.message.organization);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    let asked = organization.zip(person);
    Ok(asked.map(|(organization, person)| (organization.organization, person.person)))
}

pub(super) fn employees(
    call: &Call<pb::BatchGetEmployeesRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Vec<PersonId>)> {
    let organization = named::<OrganizationName>(violations, "organization", &call.message.organization);
    let persons = names::all_named::<PersonName>(violations, "persons", &call.message.persons);
    let asked = organization.zip(persons);
    Ok(asked.map(|(organization, persons)| {
        let persons = persons.into_iter().map(|name| name.person).collect();
        (organization.organization, persons)
    }))
}

pub(super) fn facts_after(
    call: &Call<pb::ListEmploymentFactsRequest>,
    violations: &mut Violations,
) -> Parsed<Option<EmploymentName>> {
    Ok(optional_named::<EmploymentName>(
        violations,
        "after",
        &call.message.after,
    ))
}

/// Where people are placed who are counted.
pub(super) struct Placed {
    pub(super) organization: OrganizationId,
    pub(super) group: Option<GroupId>,
    pub(super) location: Option<LocationId>,
}

pub(super) fn placements(
    call: &Call<pb::CountPlacementsRequest>,
    violations: &mut Violations,
) -> Parsed<Placed> {
    let asked = &call.message;
    let organization = named::<OrganizationName>(violations, "organization", &asked.organization);
    let group = optional_named::<GroupName>(violations, "group", &asked.group);
    let location = optional_named::<LocationName>(violations, "location", &asked.location);
    let (Some(organization), Some(group), Some(location)) = (organization, group, location) else {
        return Ok(None);
    };
    Ok(Some(Placed {
        organization: organization.organization,
        group: group.map(|name| name.group),
        location: location.map(|name| name.location),
    }))
}

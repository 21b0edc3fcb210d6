//! From messages to types that cannot be wrong: what the field rules of the contract cannot say. The shell tells the
//! caller of broken rules and of everything that is noted here at once.

use muster_ids::{EmploymentId, EmploymentName, OrganizationId, OrganizationName, PersonId, PersonName};
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{self, named};
use muster_server::{Call, Parsed};

use crate::domain::EmploymentState;

pub(super) fn employment(
    call: &Call<pb::GetEmploymentRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, EmploymentId)> {
    let organization = call.organization()?;
    let name = named::<EmploymentName>(violations, "name", &call.message.name);
    Ok(name.map(|name| (organization, name.employment)))
}

pub(super) fn listed(
    call: &Call<pb::ListEmploymentsRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Vec<EmploymentState>)> {
    let organization = call.organization()?;
    let parent = named::<OrganizationName>(violations, "parent", &call.message.parent);
    let asked = call.message.states.iter().enumerate();
    let states: Vec<_> = asked
        .map(|(place, &number)| violations.check(format!("states[{place}]"), state(number)))
        .collect();
    let states = states.into_iter().collect::<Option<Vec<_>>>();
    Ok(parent.zip(states).map(|(_, states)| (organization, states)))
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

fn state(number: i32) -> Result<EmploymentState, &'static str> {
    match pb::EmploymentState::try_from(number) {
        Err(_) | Ok(pb::EmploymentState::Unspecified) => Err("must be a state of an employment"),
        Ok(pb::EmploymentState::PendingVerification) => Ok(EmploymentState::PendingVerification),
        Ok(pb::EmploymentState::Verified) => Ok(EmploymentState::Verified),
        Ok(pb::EmploymentState::Rejected) => Ok(EmploymentState::Rejected),
        Ok(pb::EmploymentState::Withdrawn) => Ok(EmploymentState::Withdrawn),
        Ok(pb::EmploymentState::Ended) => Ok(EmploymentState::Ended),
    }
}

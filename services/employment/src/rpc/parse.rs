//! From messages to types that cannot be wrong. The shell has checked the field rules of the contract; here is what
//! they cannot say. All violations of a request are told at once.

use std::fmt::Display;
use std::str::FromStr;

use muster_ids::{
    EmploymentId, EmploymentName, OrganizationId, OrganizationName, PersonId, PersonName, resolve_me,
};
use muster_proto::employment::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::Call;

use crate::domain::EmploymentState;

pub(super) fn employment(
    call: &Call<pb::GetEmploymentRequest>,
) -> Result<(OrganizationId, EmploymentId), Refusal> {
    let mut violations = Violations::new();
    let name = named::<EmploymentName>(&mut violations, "name", &call.message.name);
    let EmploymentName { employment, .. } = name.ok_or_else(|| violations.into_refusal())?;
    Ok((call.organization()?, employment))
}

pub(super) fn listed(
    call: &Call<pb::ListEmploymentsRequest>,
) -> Result<(OrganizationId, Vec<EmploymentState>), Refusal> {
    let mut violations = Violations::new();
    named::<OrganizationName>(&mut violations, "parent", &call.message.parent);
    let mut states = Vec::new();
    for (place, &number) in call.message.states.iter().enumerate() {
        states.extend(violations.check(format!("states[{place}]"), state(number)));
    }
    violations.finish()?;
    Ok((call.organization()?, states))
}

/// The caller, when the field names exactly them.
pub(super) fn oneself(call: &Call<pb::ListPersonEmploymentsRequest>) -> Result<PersonId, Refusal> {
    let caller = call.person()?.id;
    let mut violations = Violations::new();
    let name = named::<PersonName>(
        &mut violations,
        "parent",
        &resolve_me(&call.message.parent, caller),
    );
    let PersonName { person } = name.ok_or_else(|| violations.into_refusal())?;
    if person == caller {
        Ok(caller)
    } else {
        Err(Refusal::permission_denied())
    }
}

pub(super) fn state_question(
    asked: &pb::GetEmploymentStateRequest,
) -> Result<(OrganizationId, PersonId), Refusal> {
    let mut violations = Violations::new();
    let organization = named::<OrganizationName>(&mut violations, "organization", &asked.organization);
    let person = named::<PersonName>(&mut violations, "person", &asked.person);
    match (organization, person) {
        (Some(organization), Some(person)) => Ok((organization.organization, person.person)),
        _ => Err(violations.into_refusal()),
    }
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

fn named<N>(violations: &mut Violations, field: &str, text: &str) -> Option<N>
where
    N: FromStr<Err: Display>,
{
    violations.check(field, text.parse())
}

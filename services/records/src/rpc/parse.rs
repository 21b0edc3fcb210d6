//! From messages to types that cannot be wrong: what the field rules of the contract cannot say. The shell tells the
//! caller of broken rules and of everything that is noted here at once.

use muster_ids::{
    GrantName, LearnerName, LearningRecordName, OrganizationId, OrganizationName, PersonAssignmentName,
    PersonId, TrainingId, TrainingName, resolve_me,
};
use muster_proto::records::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::{self, all_named, named};
use muster_server::{Call, Parsed};

use crate::domain::{NewTraining, Percent};
use crate::ops::Reader;

/// The field rules say all that there is to say of a training.
pub(super) fn new_training(call: &Call<pb::CreateTrainingRequest>) -> Result<NewTraining, Refusal> {
    let pb::Training {
        code,
        display_name,
        description,
        ..
    } = call.message.training.clone().unwrap_or_default();
    Ok(NewTraining {
        code,
        display_name,
        description,
        creator: call.person()?.id,
    })
}

pub(super) fn trainings(
    call: &Call<pb::BatchGetTrainingsRequest>,
    violations: &mut Violations,
) -> Parsed<Vec<TrainingId>> {
    let names = all_named::<TrainingName>(violations, "names", &call.message.names);
    Ok(names.map(|names| names.into_iter().map(|name| name.training).collect()))
}

/// The organization of the caller's token, and the learner whom the message names below it.
pub(super) fn learner(
    call: &Call<pb::ListAssignmentsRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, PersonId)> {
    let organization = call.organization()?;
    let name = named::<LearnerName>(violations, "parent", &call.message.parent);
    Ok(name.map(|name| (organization, name.person)))
}

/// Who reads, and whose record.
pub(super) fn reading(
    call: &Call<pb::GetLearningRecordRequest>,
    violations: &mut Violations,
) -> Parsed<(Reader, LearningRecordName)> {
    let person = call.person()?;
    let reader = Reader {
        organization: call.organization()?,
        person: person.id,
        display_name: person.name.clone().unwrap_or_default(),
    };
    let name = named(violations, "name", &call.message.name);
    Ok(name.map(|name| (reader, name)))
}

/// A report: the shell lets only the workload through that the rule names, never the learner.
pub(super) fn progress(
    call: &Call<pb::ReportProgressRequest>,
    violations: &mut Violations,
) -> Parsed<(PersonAssignmentName, Percent)> {
    let name = named(violations, "assignment", &call.message.assignment);
    let percent = violations.check("percent", call.message.percent.try_into());
    Ok(name.zip(percent))
}

/// The caller, and the organization to which they consent.
pub(super) fn new_grant(
    call: &Call<pb::CreateGrantRequest>,
    violations: &mut Violations,
) -> Parsed<(PersonId, OrganizationId)> {
    let person = oneself(call, violations, &call.message.parent)?;
    let given = call.message.grant.clone().unwrap_or_default();
    let name = named::<OrganizationName>(violations, "grant.organization", &given.organization);
    Ok(person.zip(name.map(|name| name.organization)))
}

/// A grant of the caller's own.
pub(super) fn grant(call: &Call<pb::RevokeGrantRequest>, violations: &mut Violations) -> Parsed<GrantName> {
    let caller = call.person()?.id;
    let name = named::<GrantName>(violations, "name", &resolve_me(&call.message.name, caller));
    match name {
        Some(name) if name.person != caller => Err(Refusal::permission_denied()),
        own => Ok(own),
    }
}

/// The caller, when `parent` names exactly them.
pub(super) fn oneself<M>(call: &Call<M>, violations: &mut Violations, parent: &str) -> Parsed<PersonId> {
    names::oneself(&call.caller, violations, "parent", parent)
}

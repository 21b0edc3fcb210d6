//! From messages to types that cannot be wrong. The shell has checked the field rules of the contract; here is what
//! they cannot say. All violations of a request are told at once.

use std::fmt::Display;
use std::str::FromStr;

use muster_identity::Caller;
use muster_ids::{
    GrantName, LearnerName, LearningRecordName, OrganizationId, OrganizationName, PersonAssignmentName,
    PersonId, PersonName, TrainingId, TrainingName, resolve_me,
};
use muster_proto::records::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::Call;

use crate::domain::{NewTraining, Percent};
use crate::ops::Reader;

pub(super) fn new_training(call: &Call<pb::CreateTrainingRequest>) -> Result<NewTraining, Refusal> {
    let creator = call.person()?.id;
    let given = call.message.training.clone().unwrap_or_default();
    let pb::Training {
        code,
        display_name,
        description,
        ..
    } = given;
    Ok(NewTraining {
        code,
        display_name,
        description,
        creator,
    })
}

pub(super) fn trainings(names: &[String]) -> Result<Vec<TrainingId>, Refusal> {
    let mut violations = Violations::new();
    let mut ids = Vec::new();
    for (place, text) in names.iter().enumerate() {
        let name = named::<TrainingName>(&mut violations, &format!("names[{place}]"), text);
        ids.extend(name.map(|name| name.training));
    }
    violations.finish()?;
    Ok(ids)
}

/// The organization of the caller's token, and the learner whom the message names below it.
pub(super) fn learner(
    call: &Call<pb::ListAssignmentsRequest>,
) -> Result<(OrganizationId, PersonId), Refusal> {
    let LearnerName { person, .. } = one("parent", &call.message.parent)?;
    Ok((call.organization()?, person))
}

/// Who reads, and whose record.
pub(super) fn reading(
    call: &Call<pb::GetLearningRecordRequest>,
) -> Result<(Reader, LearningRecordName), Refusal> {
    let person = call.person()?;
    let display_name = person.name.clone().unwrap_or_default();
    let reader = Reader {
        organization: call.organization()?,
        person: person.id,
        display_name,
    };
    Ok((reader, one("name", &call.message.name)?))
}

/// A report: the shell lets only the workload through that the rule names, never the learner.
pub(super) fn progress(
    call: &Call<pb::ReportProgressRequest>,
) -> Result<(PersonAssignmentName, Percent), Refusal> {
    let mut violations = Violations::new();
    let name = named(&mut violations, "assignment", &call.message.assignment);
    let percent = violations.check("percent", call.message.percent.try_into());
    name.zip(percent).ok_or_else(|| violations.into_refusal())
}

/// The caller, and the organization to which they consent.
pub(super) fn new_grant(call: &Call<pb::CreateGrantRequest>) -> Result<(PersonId, OrganizationId), Refusal> {
    let given = call.message.grant.clone().unwrap_or_default();
    let person = oneself(&call.caller, &call.message.parent)?;
    let OrganizationName { organization } = one("grant.organization", &given.organization)?;
    Ok((person, organization))
}

/// A grant of the caller's own.
pub(super) fn grant(call: &Call<pb::RevokeGrantRequest>) -> Result<GrantName, Refusal> {
    let caller = call.person()?.id;
    let name: GrantName = one("name", &resolve_me(&call.message.name, caller))?;
    if name.person == caller {
        Ok(name)
    } else {
        Err(Refusal::permission_denied())
    }
}

/// The caller, when `parent` names exactly them.
pub(super) fn oneself(caller: &Caller, parent: &str) -> Result<PersonId, Refusal> {
    let caller = caller.person().ok_or_else(Refusal::permission_denied)?.id;
    let PersonName { person } = one("parent", &resolve_me(parent, caller))?;
    if person == caller {
        Ok(caller)
    } else {
        Err(Refusal::permission_denied())
    }
}

fn one<N>(field: &str, text: &str) -> Result<N, Refusal>
where
    N: FromStr<Err: Display>,
{
    let mut violations = Violations::new();
    named(&mut violations, field, text).ok_or_else(|| violations.into_refusal())
}

fn named<N>(violations: &mut Violations, field: &str, text: &str) -> Option<N>
where
    N: FromStr<Err: Display>,
{
    violations.check(field, text.parse())
}

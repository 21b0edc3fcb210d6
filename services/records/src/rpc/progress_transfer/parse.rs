//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{PersonAssignmentName, PersonId, TrainingId, TrainingName};
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{named, own};
use muster_server::{Call, Parsed};

use crate::ops::assignment::move_progress::Moving;
use crate::rpc::oneself;

/// Who takes what.
pub(super) fn take(
    call: &Call<pb::TakeTrainingRequest>,
    violations: &mut Violations,
) -> Parsed<(PersonId, TrainingId)> {
    let person = oneself(call, violations, &call.message.parent)?;
    let training = named::<TrainingName>(violations, "training", &call.message.training);
    Ok(person.zip(training.map(|name| name.training)))
}

/// Both are the caller's own.
pub(super) fn transfer(
    call: &Call<pb::TransferProgressRequest>,
    violations: &mut Violations,
) -> Parsed<Moving> {
    let actor = call.person()?.id;
    let from = own::<PersonAssignmentName>(&call.caller, violations, "name", &call.message.name)?;
    let to = own::<PersonAssignmentName>(&call.caller, violations, "to", &call.message.to)?;
    Ok(from.zip(to).map(|(from, to)| Moving {
        from,
        to,
        actor,
        reason: None,
    }))
}

/// Of two persons: whoever has one sign-in moves it themself.
pub(super) fn moving(call: &Call<pb::MoveProgressRequest>, violations: &mut Violations) -> Parsed<Moving> {
    let actor = call.person()?.id;
    let from = named::<PersonAssignmentName>(violations, "name", &call.message.name);
    let to = named::<PersonAssignmentName>(violations, "to", &call.message.to);
    if from.is_some_and(|from| to.is_some_and(|to| from.person == to.person)) {
        violations.add(
            "to",
            "must be another sign-in's; within one, the person moves their progress themself",
        );
    }
    Ok(from.zip(to).map(|(from, to)| Moving {
        from,
        to,
        actor,
        reason: Some(call.message.reason.trim().to_owned()),
    }))
}

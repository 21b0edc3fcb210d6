//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{
    GroupId, GroupName, LearnerAssignmentName, LearnerName, PersonAssignmentName, PersonId, TrainingName,
};
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use time::Date;
use time::macros::{date, format_description};

use crate::domain::Percent;
use crate::ops::assignment::by_hand::{ByHand, Whom};

/// The learner, below the organization.
pub(super) fn list_assignments(
    call: &Call<pb::ListAssignmentsRequest>,
    violations: &mut Violations,
) -> Parsed<LearnerName> {
    Ok(call.name(violations))
}

/// What a learner is to take.
pub(super) fn assign_training(
    call: &Call<pb::AssignTrainingRequest>,
    violations: &mut Violations,
) -> Parsed<(ByHand, PersonId)> {
    let learner = call.name::<LearnerName>(violations);
    let training = named::<TrainingName>(violations, "training", &call.message.training);
    let due_date = due_date(violations, &call.message.due_date);
    let (Some(LearnerName { organization, person }), Some(training), Some(due_date)) =
        (learner, training, due_date)
    else {
        return Ok(None);
    };
    let wish = ByHand {
        organization,
        whom: Whom::Learner(person),
        training: training.training,
        due_date,
    };
    Ok(Some((wish, person)))
}

/// What the learners of a group are to take.
pub(super) fn assign_training_to_group(
    call: &Call<pb::AssignTrainingToGroupRequest>,
    violations: &mut Violations,
) -> Parsed<(ByHand, GroupId)> {
    let group = call.name::<GroupName>(violations);
    let training = named::<TrainingName>(violations, "training", &call.message.training);
    let due_date = due_date(violations, &call.message.due_date);
    let (Some(GroupName { organization, group }), Some(training), Some(due_date)) =
        (group, training, due_date)
    else {
        return Ok(None);
    };
    let wish = ByHand {
        organization,
        whom: Whom::Group(group),
        training: training.training,
        due_date,
    };
    Ok(Some((wish, group)))
}

/// What is taken back.
pub(super) fn cancel_assignment(
    call: &Call<pb::CancelAssignmentRequest>,
    violations: &mut Violations,
) -> Parsed<LearnerAssignmentName> {
    Ok(call.name(violations))
}

/// A day that may be left open; `None` when it cannot be read.
fn due_date(violations: &mut Violations, text: &str) -> Option<Option<Date>> {
    if text.is_empty() {
        return Some(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let day = day.filter(|day| *day <= date!(2100 - 12 - 31));
    let day = day.ok_or("must be a day until 2100-12-31, such as 2026-03-01");
    violations.check("due_date", day).map(Some)
}

/// A report: the shell lets only the workload through that the rule names, never the learner.
pub(super) fn report_progress(
    call: &Call<pb::ReportProgressRequest>,
    violations: &mut Violations,
) -> Parsed<(PersonAssignmentName, Percent)> {
    let name = named(violations, "assignment", &call.message.assignment);
    let percent = violations.check("percent", call.message.percent.try_into());
    Ok(name.zip(percent))
}

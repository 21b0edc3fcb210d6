//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{LearnerName, PersonAssignmentName};
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};

use crate::domain::Percent;

/// The learner, below the organization.
pub(super) fn list_assignments(
    call: &Call<pb::ListAssignmentsRequest>,
    violations: &mut Violations,
) -> Parsed<LearnerName> {
    Ok(call.name(violations))
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

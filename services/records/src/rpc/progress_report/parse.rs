//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{
    CertificateName, GroupName, LearnerName, LocationName, OrganizationId, OrganizationName, PersonId,
    TrainingName,
};
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{named, optional_named};
use muster_server::{Call, Parsed};

use crate::domain::{AssignmentStateName, ProgressDimension, ProgressFilter};

muster_proto::same_values! {
    ProgressDimension = pb::ProgressDimension { Training, Group, Location }
}

pub(super) fn list(
    call: &Call<pb::ListProgressRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, ProgressFilter)> {
    let message = &call.message;
    let parent = call.name::<OrganizationName>(violations);
    let filter = filter(violations, &message.group, &message.location, &message.training);
    let states = states(violations, &message.states);
    let named = parent.zip(filter.zip(states));
    Ok(named.map(|(parent, (filter, states))| (parent.organization, ProgressFilter { states, ..filter })))
}

pub(super) fn summarize(
    call: &Call<pb::SummarizeProgressRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, ProgressFilter, Option<ProgressDimension>)> {
    let message = &call.message;
    let parent = call.name::<OrganizationName>(violations);
    let filter = filter(violations, &message.group, &message.location, &message.training);
    let by = message.by().try_into().ok();
    Ok(parent
        .zip(filter)
        .map(|(parent, filter)| (parent.organization, filter, by)))
}

/// Of whom certificates are asked for.
pub(super) fn issued(
    call: &Call<pb::ListIssuedCertificatesRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Option<PersonId>)> {
    let parent = call.name::<OrganizationName>(violations);
    let learner = optional_named::<LearnerName>(violations, "learner", &call.message.learner);
    let Some((OrganizationName { organization }, learner)) = parent.zip(learner) else {
        return Ok(None);
    };
    if learner.is_some_and(|learner| learner.organization != organization) {
        violations.add("learner", "must be a learner of the organization");
        return Ok(None);
    }
    Ok(Some((organization, learner.map(|learner| learner.person))))
}

/// Which certificate is asked for.
pub(super) fn issued_one(
    call: &Call<pb::DownloadIssuedCertificateRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, CertificateName)> {
    let parent = call.name::<OrganizationName>(violations);
    let certificate = named(violations, "certificate", &call.message.certificate);
    let parent = parent.map(|parent| parent.organization);
    Ok(parent.zip(certificate))
}

/// Another organization's groups and locations hold nobody of this one: they find nothing.
fn filter(
    violations: &mut Violations,
    group: &str,
    location: &str,
    training: &str,
) -> Option<ProgressFilter> {
    let group = optional_named::<GroupName>(violations, "group", group);
    let location = optional_named::<LocationName>(violations, "location", location);
    let training = optional_named::<TrainingName>(violations, "training", training);
    Some(ProgressFilter {
        group: group?.map(|name| name.group),
        location: location?.map(|name| name.location),
        training: training?.map(|name| name.training),
        states: AssignmentStateName::STANDING.to_vec(),
    })
}

fn states(violations: &mut Violations, numbers: &[i32]) -> Option<Vec<AssignmentStateName>> {
    if numbers.is_empty() {
        return Some(AssignmentStateName::STANDING.to_vec());
    }
    let state = |number| {
        pb::AssignmentState::try_from(number)
            .ok()
            .and_then(|state| state.try_into().ok())
            .ok_or("must be a state of an assignment")
    };
    let each = numbers.iter().enumerate();
    let states: Vec<_> = each
        .map(|(place, &number)| violations.check(format!("states[{place}]"), state(number)))
        .collect();
    states.into_iter().collect()
}

//! The same act on many employments: from and to messages.

use std::collections::HashMap;

use muster_ids::{EmploymentId, EmploymentName, OrganizationId, OrganizationName};
use muster_proto::employment::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::names::all_named;
use muster_server::{Call, Parsed};
use tonic::Status;

use super::parse::said;
use crate::domain::Side;
use crate::ops::employment::batch::{Outcome, Outcomes};
use crate::ops::employment::batch_end::Endings;
use crate::ops::employment::batch_verify::Verifications;

pub(super) fn verifications(
    call: &Call<pb::BatchVerifyEmploymentsRequest>,
    violations: &mut Violations,
) -> Parsed<Verifications> {
    let (by, actor) = (call.person()?.id, call.actor());
    let parent = call.name::<OrganizationName>(violations);
    let employments = all_named(violations, "names", &call.message.names);
    Ok(parent
        .zip(employments)
        .map(|(parent, employments)| Verifications {
            organization: parent.organization,
            employments,
            by,
            actor,
        }))
}

pub(super) fn endings(
    call: &Call<pb::BatchEndEmploymentsRequest>,
    violations: &mut Violations,
) -> Parsed<Endings> {
    let parent = call.name::<OrganizationName>(violations);
    let employments = all_named(violations, "names", &call.message.names);
    let said = said(
        violations,
        &call.message.reason,
        &call.message.last_day,
        Side::Organization,
    );
    let by = call.person()?.id;
    let named = parent.zip(employments).zip(said);
    Ok(named.map(|((parent, employments), said)| Endings {
        organization: parent.organization,
        employments,
        said,
        by,
        actor: call.actor(),
    }))
}

/// One outcome for each name, in the order of the names. What is another organization's is there no more than what does
/// not exist.
pub(super) fn in_order(
    names: &[EmploymentName],
    organization: OrganizationId,
    outcomes: Outcomes,
) -> Vec<pb::EmploymentOutcome> {
    let each = outcomes.into_iter();
    let found: HashMap<EmploymentId, pb::EmploymentOutcome> =
        each.map(|(id, outcome)| (id, outcome.into())).collect();
    let outcome = |name: &EmploymentName| {
        let own = found.get(&name.employment);
        let own = own.filter(|_| name.organization == organization);
        own.cloned().unwrap_or_else(|| not_found(name))
    };
    names.iter().map(outcome).collect()
}

impl From<Outcome> for pb::EmploymentOutcome {
    fn from(outcome: Outcome) -> Self {
        let employment = pb::Employment::from(outcome.employment);
        let done = Self {
            name: employment.name,
            state: employment.state,
            etag: employment.etag,
            ..Self::default()
        };
        match outcome.refused {
            Some(why) => refused(done, why.into()),
            None => done,
        }
    }
}

fn not_found(name: &EmploymentName) -> pb::EmploymentOutcome {
    let name = name.to_string();
    let unknown = pb::EmploymentOutcome {
        name,
        ..Default::default()
    };
    refused(unknown, Refusal::not_found())
}

fn refused(outcome: pb::EmploymentOutcome, why: Refusal) -> pb::EmploymentOutcome {
    pb::EmploymentOutcome {
        refusal_reason: why.reason().into(),
        refusal: Status::from(why).message().to_owned(),
        ..outcome
    }
}

//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName, SubscriptionName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, convert};

use crate::domain::{Entitlement, Limits, Plan};
use crate::ops::subscription::activate::NewSubscription;

pub(super) fn new(
    call: &Call<pb::ActivateSubscriptionRequest>,
    violations: &mut Violations,
) -> Parsed<NewSubscription> {
    let by = call.person()?.id;
    let given = &call.message;
    let name = call.name::<SubscriptionName>(violations);
    let plan = violations.check("plan", Plan::try_from(given.plan()));
    let end_time = given.end_time.map(convert::from_timestamp).transpose();
    let end_time = violations.check("end_time", end_time);
    let limits = given.limits.unwrap_or_default().into();
    let (Some(name), Some(plan), Some(end_time)) = (name, plan, end_time) else {
        return Ok(None);
    };
    Ok(Some(NewSubscription {
        organization: name.organization,
        entitlement: Entitlement { plan, limits },
        end_time,
        by,
        actor: call.actor(),
        reason: given.reason.clone(),
    }))
}

pub(super) fn organization(
    call: &Call<pb::GetLimitsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

impl From<pb::Limits> for Limits {
    fn from(limits: pb::Limits) -> Self {
        let pb::Limits {
            invitations_by_hand,
            import_rows,
            messages_per_day,
        } = limits;
        Self {
            invitations_by_hand,
            import_rows,
            messages_per_day,
        }
    }
}

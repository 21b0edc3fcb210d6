//! From messages to types that cannot be wrong: what the field rules of the contract cannot say. The shell tells the
//! caller of broken rules and of everything that is noted here at once.

mod internal;

use muster_ids::{OrganizationId, OrganizationName, SubscriptionName, TrainingId, TrainingName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{all_named, named};
use muster_server::{Call, Parsed, convert};

pub(super) use internal::{
    InvitingQuestion, groups_question, inviting_question, named_organization, role_question,
};

use crate::domain::{
    Entitlement, License, LicenseNumber, LicensingAuthority, Limits, Owner, Padding, Plan, PublicName,
    ShortName,
};
use crate::ops::{NewGroup, NewOrganization, NewSubscription};

/// The organization of the caller's token, when the field names exactly it.
pub(super) fn organization<M>(
    call: &Call<M>,
    violations: &mut Violations,
    field: &str,
    text: &str,
) -> Parsed<OrganizationId> {
    let organization = call.organization()?;
    let name = named::<OrganizationName>(violations, field, text);
    Ok(name.map(|_| organization))
}

pub(super) fn new_organization(
    call: &Call<pb::CreateOrganizationRequest>,
    violations: &mut Violations,
    padding: &Padding,
) -> Parsed<NewOrganization> {
    let caller = call.person()?;
    let given = call.message.organization.clone().unwrap_or_default();
    let display_name = PublicName::parse(&given.display_name);
    let display_name = violations.check("organization.display_name", display_name);
    let authority = LicensingAuthority::parse(&given.licensing_authority);
    let authority = violations.check("organization.licensing_authority", authority);
    let number = LicenseNumber::parse(&given.license_number);
    let number = violations.check("organization.license_number", number);
    let owner = Owner {
        person: caller.id,
        display_name: caller.name.clone(),
    };
    let license = authority.zip(number);
    Ok(display_name
        .zip(license)
        .map(|(display_name, (authority, number))| NewOrganization {
            owner,
            display_name,
            license: License::new(authority, number, padding),
        }))
}

pub(super) fn new_location(
    call: &Call<pb::CreateLocationRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, ShortName)> {
    let given = call.message.location.clone().unwrap_or_default();
    let parent = organization(call, violations, "parent", &call.message.parent)?;
    let display_name = violations.check("location.display_name", ShortName::parse(&given.display_name));
    Ok(parent.zip(display_name))
}

pub(super) fn added_training(
    call: &Call<pb::AddTrainingRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, TrainingId)> {
    let parent = organization(call, violations, "parent", &call.message.parent)?;
    let training = named::<TrainingName>(violations, "training", &call.message.training);
    Ok(parent.zip(training.map(|name| name.training)))
}

pub(super) fn new_group(
    call: &Call<pb::CreateGroupRequest>,
    violations: &mut Violations,
) -> Parsed<NewGroup> {
    let given = call.message.group.clone().unwrap_or_default();
    let parent = organization(call, violations, "parent", &call.message.parent)?;
    let display_name = PublicName::parse(&given.display_name).map(PublicName::into_short);
    let display_name = violations.check("group.display_name", display_name);
    let trainings = all_named::<TrainingName>(violations, "group.trainings", &given.trainings);
    let (Some(organization), Some(display_name), Some(trainings)) = (parent, display_name, trainings) else {
        return Ok(None);
    };
    Ok(Some(NewGroup {
        organization,
        display_name,
        trainings: trainings.into_iter().map(|name| name.training).collect(),
    }))
}

pub(super) fn new_subscription(
    call: &Call<pb::ActivateSubscriptionRequest>,
    violations: &mut Violations,
) -> Parsed<NewSubscription> {
    let (given, organization) = (&call.message, call.organization()?);
    let name = named::<SubscriptionName>(violations, "name", &given.name);
    let plan = violations.check("plan", plan(given.plan()));
    let end = given.end_time.map(convert::from_timestamp).transpose();
    let end = violations.check("end_time", end);
    let limits = given.limits.unwrap_or_default().into();
    let (Some(_), Some(plan), Some(end)) = (name, plan, end) else {
        return Ok(None);
    };
    Ok(Some(NewSubscription {
        organization,
        entitlement: Entitlement { plan, limits },
        end,
        reason: given.reason.clone(),
    }))
}

fn plan(plan: pb::Plan) -> Result<Plan, &'static str> {
    match plan {
        pb::Plan::Unspecified => Err("must be a plan"),
        pb::Plan::Basic => Ok(Plan::Basic),
        pb::Plan::Premium => Ok(Plan::Premium),
    }
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

//! From messages to types that cannot be wrong. The shell has checked the field rules of the contract; here is what
//! they cannot say. All violations of a request are told at once.

use std::fmt::Display;
use std::str::FromStr;

use muster_ids::{
    GroupId, GroupName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId, PersonName,
    SubscriptionName, TrainingId, TrainingName,
};
use muster_proto::organization::v1 as pb;
use muster_refusal::{Refusal, Violations};
use muster_server::{Call, convert};

use crate::domain::{
    Entitlement, License, LicensingAuthority, Limits, Owner, Padding, Plan, PublicName, ShortName,
};
use crate::ops::{NewGroup, NewOrganization, NewSubscription};

/// The organization of the caller's token, when the field names exactly it.
pub(super) fn organization<M>(call: &Call<M>, field: &str, text: &str) -> Result<OrganizationId, Refusal> {
    let mut violations = Violations::new();
    named::<OrganizationName>(&mut violations, field, text);
    violations.finish()?;
    call.organization()
}

pub(super) fn new_organization(
    call: &Call<pb::CreateOrganizationRequest>,
    padding: &Padding,
) -> Result<NewOrganization, Refusal> {
    let caller = call.person()?;
    let given = call.message.organization.clone().unwrap_or_default();
    let mut violations = Violations::new();
    let display_name = violations.check(
        "organization.display_name",
        PublicName::parse(&given.display_name),
    );
    let authority = LicensingAuthority::parse(&given.licensing_authority);
    let authority = violations.check("organization.licensing_authority", authority);
    let license = authority.and_then(|authority| {
        violations.check(
            "organization.license_number",
            License::parse(authority, &given.license_number, padding),
        )
    });
    match (display_name, license) {
        (Some(display_name), Some(license)) => {
            let owner = Owner {
                person: caller.id,
                display_name: caller.name.clone(),
            };
            Ok(NewOrganization {
                owner,
                display_name,
                license,
            })
        }
        _ => Err(violations.into_refusal()),
    }
}

pub(super) fn new_location(
    call: &Call<pb::CreateLocationRequest>,
) -> Result<(OrganizationId, ShortName), Refusal> {
    let given = call.message.location.clone().unwrap_or_default();
    let mut violations = Violations::new();
    let parent = named::<OrganizationName>(&mut violations, "parent", &call.message.parent);
    let display_name = violations.check("location.display_name", ShortName::parse(&given.display_name));
    match (parent, display_name) {
        (Some(_), Some(display_name)) => Ok((call.organization()?, display_name)),
        _ => Err(violations.into_refusal()),
    }
}

pub(super) fn added_training(
    call: &Call<pb::AddTrainingRequest>,
) -> Result<(OrganizationId, TrainingId), Refusal> {
    let mut violations = Violations::new();
    let parent = named::<OrganizationName>(&mut violations, "parent", &call.message.parent);
    let training = named::<TrainingName>(&mut violations, "training", &call.message.training);
    match (parent, training) {
        (Some(_), Some(training)) => Ok((call.organization()?, training.training)),
        _ => Err(violations.into_refusal()),
    }
}

pub(super) fn new_group(call: &Call<pb::CreateGroupRequest>) -> Result<NewGroup, Refusal> {
    let given = call.message.group.clone().unwrap_or_default();
    let mut violations = Violations::new();
    let parent = named::<OrganizationName>(&mut violations, "parent", &call.message.parent);
    let display_name = PublicName::parse(&given.display_name).map(PublicName::into_short);
    let display_name = violations.check("group.display_name", display_name);
    let trainings = all_named::<TrainingName>(&mut violations, "group.trainings", &given.trainings);
    match (parent, display_name, trainings) {
        (Some(_), Some(display_name), Some(trainings)) => Ok(NewGroup {
            organization: call.organization()?,
            display_name,
            trainings: trainings.into_iter().map(|name| name.training).collect(),
        }),
        _ => Err(violations.into_refusal()),
    }
}

pub(super) fn new_subscription(
    call: &Call<pb::ActivateSubscriptionRequest>,
) -> Result<NewSubscription, Refusal> {
    let given = &call.message;
    let mut violations = Violations::new();
    let name = named::<SubscriptionName>(&mut violations, "name", &given.name);
    let plan = violations.check("plan", plan(given.plan()));
    let end = given.end_time.map(convert::from_timestamp).transpose();
    let end = violations.check("end_time", end);
    let limits = given.limits.unwrap_or_default();
    match (name, plan, end) {
        (Some(_), Some(plan), Some(end)) => Ok(NewSubscription {
            organization: call.organization()?,
            entitlement: Entitlement {
                plan,
                limits: limits.into(),
            },
            end,
            reason: given.reason.clone(),
        }),
        _ => Err(violations.into_refusal()),
    }
}

/// The organization that a workload names.
pub(super) fn named_organization(text: &str) -> Result<OrganizationId, Refusal> {
    let mut violations = Violations::new();
    let name = named::<OrganizationName>(&mut violations, "organization", text);
    name.map(|name| name.organization)
        .ok_or_else(|| violations.into_refusal())
}

pub(super) fn role_question(asked: &pb::GetRoleRequest) -> Result<(OrganizationId, PersonId), Refusal> {
    let mut violations = Violations::new();
    let organization = named::<OrganizationName>(&mut violations, "organization", &asked.organization);
    let person = named::<PersonName>(&mut violations, "person", &asked.person);
    match (organization, person) {
        (Some(organization), Some(person)) => Ok((organization.organization, person.person)),
        _ => Err(violations.into_refusal()),
    }
}

/// What inviting asks about.
pub(super) struct InvitingQuestion {
    pub(super) organization: OrganizationId,
    pub(super) groups: Vec<GroupId>,
    pub(super) locations: Vec<LocationId>,
}

/// Groups and locations of another organization are left out, like those that do not exist.
pub(super) fn inviting_question(asked: &pb::GetInvitingContextRequest) -> Result<InvitingQuestion, Refusal> {
    let mut violations = Violations::new();
    let organization = named::<OrganizationName>(&mut violations, "organization", &asked.organization);
    let groups = all_named::<GroupName>(&mut violations, "groups", &asked.groups);
    let locations = all_named::<LocationName>(&mut violations, "locations", &asked.locations);
    match (organization, groups, locations) {
        (Some(OrganizationName { organization }), Some(groups), Some(locations)) => {
            let groups = groups
                .into_iter()
                .filter(|name| name.organization == organization);
            let locations = locations
                .into_iter()
                .filter(|name| name.organization == organization);
            Ok(InvitingQuestion {
                organization,
                groups: groups.map(|name| name.group).collect(),
                locations: locations.map(|name| name.location).collect(),
            })
        }
        _ => Err(violations.into_refusal()),
    }
}

/// Groups of another organization are left out, like groups that do not exist.
pub(super) fn groups_question(
    asked: &pb::BatchGetGroupsRequest,
) -> Result<(OrganizationId, Vec<GroupId>), Refusal> {
    let mut violations = Violations::new();
    let organization = named::<OrganizationName>(&mut violations, "organization", &asked.organization);
    let groups = all_named::<GroupName>(&mut violations, "names", &asked.names);
    match (organization, groups) {
        (Some(OrganizationName { organization }), Some(groups)) => {
            let own = groups
                .into_iter()
                .filter(|name| name.organization == organization);
            Ok((organization, own.map(|name| name.group).collect()))
        }
        _ => Err(violations.into_refusal()),
    }
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

fn named<N>(violations: &mut Violations, field: &str, text: &str) -> Option<N>
where
    N: FromStr<Err: Display>,
{
    violations.check(field, text.parse())
}

fn all_named<N>(violations: &mut Violations, field: &str, texts: &[String]) -> Option<Vec<N>>
where
    N: FromStr<Err: Display>,
{
    let each = texts.iter().enumerate();
    let names: Vec<_> = each
        .map(|(place, text)| named(violations, &format!("{field}[{place}]"), text))
        .collect();
    names.into_iter().collect()
}

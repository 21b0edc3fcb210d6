//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent, or left out
//! in so many words.

use muster_ids::{
    CatalogTrainingName, GroupName, LocationName, OrganizationName, PersonName, SubscriptionName,
    TrainingName,
};
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use super::internal::InvitingContext;
use crate::domain::{
    CatalogTraining, Entitlement, Group, GroupState, Limits, Location, Organization, OrganizationState,
    Owner, Plan, Subscription,
};

impl From<Organization> for pb::Organization {
    fn from(organization: Organization) -> Self {
        let Organization {
            id,
            number,
            owner,
            display_name,
            license,
            state,
            version,
            created,
            submitted,
            approved,
        } = organization;
        Self {
            name: OrganizationName { organization: id }.to_string(),
            etag: etag(version),
            state: pb::OrganizationState::from(state).into(),
            display_name: display_name.to_string(),
            licensing_authority: license.authority().as_str().to_owned(),
            license_number: license.as_given().to_owned(),
            organization_number: number.as_str().to_owned(),
            owner: PersonName { person: owner.person }.to_string(),
            create_time: Some(timestamp(created)),
            submit_time: submitted.map(timestamp),
            approve_time: approved.map(timestamp),
        }
    }
}

impl From<OrganizationState> for pb::OrganizationState {
    fn from(state: OrganizationState) -> Self {
        match state {
            OrganizationState::Draft => Self::Draft,
            OrganizationState::Submitted => Self::Submitted,
            OrganizationState::Active => Self::Active,
            OrganizationState::Returned => Self::Returned,
            OrganizationState::Rejected => Self::Rejected,
            OrganizationState::Suspended => Self::Suspended,
            OrganizationState::Closed => Self::Closed,
        }
    }
}

impl From<Group> for pb::Group {
    fn from(group: Group) -> Self {
        let Group {
            organization,
            id,
            display_name,
            trainings,
            state,
            version,
            created,
        } = group;
        let trainings = trainings
            .into_iter()
            .map(|training| TrainingName { training }.to_string());
        Self {
            name: GroupName {
                organization,
                group: id,
            }
            .to_string(),
            etag: etag(version),
            display_name: display_name.as_str().to_owned(),
            trainings: trainings.collect(),
            state: pb::GroupState::from(state).into(),
            create_time: Some(timestamp(created)),
        }
    }
}

/// Without the trainings: a large organization's would not fit into a message.
impl From<Group> for pb::InvitingGroup {
    fn from(group: Group) -> Self {
        let Group {
            organization,
            id,
            display_name,
            trainings,
            state,
            version,
            created: _,
        } = group;
        Self {
            name: GroupName {
                organization,
                group: id,
            }
            .to_string(),
            etag: etag(version),
            display_name: display_name.as_str().to_owned(),
            state: pb::GroupState::from(state).into(),
            has_trainings: !trainings.is_empty(),
        }
    }
}

impl From<GroupState> for pb::GroupState {
    fn from(state: GroupState) -> Self {
        match state {
            GroupState::Active => Self::Active,
            GroupState::Inactive => Self::Inactive,
        }
    }
}

impl From<Location> for pb::Location {
    fn from(location: Location) -> Self {
        let Location {
            organization,
            id,
            display_name,
            created,
        } = location;
        Self {
            name: LocationName {
                organization,
                location: id,
            }
            .to_string(),
            display_name: display_name.as_str().to_owned(),
            create_time: Some(timestamp(created)),
        }
    }
}

impl From<CatalogTraining> for pb::CatalogTraining {
    fn from(added: CatalogTraining) -> Self {
        let CatalogTraining {
            organization,
            training,
            created,
        } = added;
        Self {
            name: CatalogTrainingName {
                organization,
                training,
            }
            .to_string(),
            training: TrainingName { training }.to_string(),
            create_time: Some(timestamp(created)),
        }
    }
}

impl From<Subscription> for pb::Subscription {
    fn from(subscription: Subscription) -> Self {
        let Subscription {
            organization,
            entitlement,
            activated: _,
            end,
        } = subscription;
        Self {
            name: SubscriptionName { organization }.to_string(),
            plan: pb::Plan::from(entitlement.plan).into(),
            limits: Some(entitlement.limits.into()),
            end_time: end.map(timestamp),
        }
    }
}

impl From<Plan> for pb::Plan {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Basic => Self::Basic,
            Plan::Premium => Self::Premium,
        }
    }
}

impl From<Limits> for pb::Limits {
    fn from(limits: Limits) -> Self {
        let Limits {
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

impl From<Entitlement> for pb::GetLimitsResponse {
    fn from(in_force: Entitlement) -> Self {
        let Entitlement { plan, limits } = in_force;
        Self {
            plan: pb::Plan::from(plan).into(),
            limits: Some(limits.into()),
        }
    }
}

impl From<Owner> for pb::GetDirectorResponse {
    fn from(owner: Owner) -> Self {
        let Owner { person, display_name } = owner;
        Self {
            person: PersonName { person }.to_string(),
            display_name: display_name.unwrap_or_default(),
        }
    }
}

impl From<InvitingContext> for pb::GetInvitingContextResponse {
    fn from(context: InvitingContext) -> Self {
        let InvitingContext {
            organization,
            in_force,
            groups,
            locations,
        } = context;
        Self {
            state: pb::OrganizationState::from(organization.state).into(),
            display_name: organization.display_name.to_string(),
            plan: pb::Plan::from(in_force.plan).into(),
            limits: Some(in_force.limits.into()),
            groups: groups.into_iter().map(Into::into).collect(),
            locations: locations.into_iter().map(Into::into).collect(),
        }
    }
}

/// A response that holds one resource and nothing else.
macro_rules! answers {
    ($($response:ident { $field:ident: $resource:ty })*) => {$(
        impl From<$resource> for pb::$response {
            fn from(resource: $resource) -> Self {
                Self { $field: Some(resource.into()) }
            }
        }
    )*};
}

answers! {
    CreateOrganizationResponse { organization: Organization }
    GetOrganizationResponse { organization: Organization }
    SubmitOrganizationResponse { organization: Organization }
    ApproveOrganizationResponse { organization: Organization }
    CreateLocationResponse { location: Location }
    AddTrainingResponse { catalog_training: CatalogTraining }
    CreateGroupResponse { group: Group }
    ActivateSubscriptionResponse { subscription: Subscription }
}

fn etag(version: i64) -> String {
    format!("{version:x}")
}

//! From a profile to an organization that may invite.

use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, ApproveOrganizationRequest, CreateGroupRequest, CreateOrganizationRequest,
    Group, Limits, Organization, Plan, SubmitOrganizationRequest,
};

use super::{Caller, Failed, request_id};

/// The caller begins a profile, and so owns it.
pub(crate) async fn create(
    owner: &Caller,
    display_name: &str,
    license_number: &str,
) -> Result<Organization, Failed> {
    let organization = Organization {
        display_name: display_name.to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: license_number.to_owned(),
        ..Organization::default()
    };
    let request = CreateOrganizationRequest {
        organization: Some(organization),
        request_id: request_id(),
    };
    let made = owner.ask(request, async |edge, call| {
        OrganizationServiceClient::new(edge)
            .create_organization(call)
            .await
    });
    Ok(made.await?.organization.unwrap_or_default())
}

/// Its owner hands it in.
pub(crate) async fn submit(owner: &Caller, name: &str) -> Result<(), Failed> {
    let request = SubmitOrganizationRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let submitted = owner.ask(request, async |edge, call| {
        OrganizationServiceClient::new(edge)
            .submit_organization(call)
            .await
    });
    submitted.await.map(drop)
}

/// Registry staff approve it.
pub(crate) async fn approve(staff: &Caller, name: &str, reason: &str) -> Result<Organization, Failed> {
    let request = ApproveOrganizationRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let approved = staff.ask(request, async |edge, call| {
        OrganizationServiceClient::new(edge)
            .approve_organization(call)
            .await
    });
    Ok(approved.await?.organization.unwrap_or_default())
}

/// Registry staff set its premium plan: the limits of the plan, and so many messages a day.
pub(crate) async fn subscribe(
    staff: &Caller,
    name: &str,
    messages_per_day: i32,
    reason: &str,
) -> Result<Limits, Failed> {
    let request = ActivateSubscriptionRequest {
        name: format!("{name}/subscription"),
        plan: Plan::Premium.into(),
        limits: Some(Limits {
            invitations_by_hand: 10,
            import_rows: 500,
            messages_per_day,
        }),
        end_time: None,
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let activated = staff.ask(request, async |edge, call| {
        SubscriptionServiceClient::new(edge)
            .activate_subscription(call)
            .await
    });
    let subscription = activated.await?.subscription.unwrap_or_default();
    Ok(subscription.limits.unwrap_or_default())
}

/// The owner makes a group that requires trainings.
pub(crate) async fn create_group(
    owner: &Caller,
    parent: &str,
    display_name: &str,
    trainings: &[String],
) -> Result<Group, Failed> {
    let request = CreateGroupRequest {
        parent: parent.to_owned(),
        group: Some(Group {
            display_name: display_name.to_owned(),
            trainings: trainings.to_vec(),
            ..Group::default()
        }),
        request_id: request_id(),
    };
    let made = owner.ask(request, async |edge, call| {
        GroupServiceClient::new(edge).create_group(call).await
    });
    Ok(made.await?.group.unwrap_or_default())
}

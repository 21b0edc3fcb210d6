//! An owner creates a profile; registry staff approve it; a second one with the same license is refused.

use anyhow::Context;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, ApproveOrganizationRequest, CreateOrganizationRequest, Limits, Organization,
    OrganizationState, Plan, SubmitOrganizationRequest,
};
use muster_refusal::ErrorReason;
use tonic_types::StatusExt;

use super::world::{World, answer, refused};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "The owner creates an organization; registry staff approve it and set a premium plan",
    services: &["gateway", "organization", "employment"],
    tell,
};

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let first = create(world, "owner", "Sunrise Early Learning").await?;
        submit(world, "owner", &first.name).await?;
        let mut organizations = OrganizationServiceClient::new(world.edge.clone());
        let request = ApproveOrganizationRequest {
            name: first.name.clone(),
            reason: "license checked with the authority".to_owned(),
            request_id: world.request_id(),
        };
        let approved = answer(
            "ApproveOrganization",
            organizations
                .approve_organization(world.call("staff", request)?)
                .await,
        )?;
        let organization = approved.organization.context("the answer has no organization")?;
        let mut lines = vec![format!(
            "{} ({}) is {}, license {}, number {}",
            organization.display_name,
            organization.name,
            state(&organization),
            organization.license_number,
            organization.organization_number,
        )];
        lines.push(second(world, &organization.organization_number).await?);
        lines.push(subscribe(world, &organization.name).await?);
        world.display_name = organization.display_name;
        world.organization = organization.name;
        Ok(lines)
    })
}

async fn create(world: &World, who: &str, display_name: &str) -> anyhow::Result<Organization> {
    let mut organizations = OrganizationServiceClient::new(world.edge.clone());
    let organization = Organization {
        display_name: display_name.to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: format!("dc-{}", world.run),
        ..Organization::default()
    };
    let request = CreateOrganizationRequest {
        organization: Some(organization),
        request_id: world.request_id(),
    };
    let made = answer(
        "CreateOrganization",
        organizations.create_organization(world.call(who, request)?).await,
    )?;
    made.organization.context("the answer has no organization")
}

async fn submit(world: &World, who: &str, name: &str) -> anyhow::Result<()> {
    let mut organizations = OrganizationServiceClient::new(world.edge.clone());
    let request = SubmitOrganizationRequest {
        name: name.to_owned(),
        request_id: world.request_id(),
    };
    answer(
        "SubmitOrganization",
        organizations.submit_organization(world.call(who, request)?).await,
    )?;
    Ok(())
}

/// A second profile with the same license number is refused and pointed to the first.
async fn second(world: &World, number: &str) -> anyhow::Result<String> {
    let second = create(world, "outsider", "Sunset Early Learning").await?;
    let mut organizations = OrganizationServiceClient::new(world.edge.clone());
    let request = SubmitOrganizationRequest {
        name: second.name,
        request_id: world.request_id(),
    };
    let result = organizations
        .submit_organization(world.call("outsider", request)?)
        .await;
    let status = refused(
        "a second profile of the license",
        ErrorReason::LicenseNumberTaken,
        result,
    )?;
    let pointed = status
        .get_details_error_info()
        .and_then(|info| info.metadata.get("organization_number").cloned());
    anyhow::ensure!(
        pointed.as_deref() == Some(number),
        "the refusal does not point to the first profile"
    );
    Ok(format!("a second profile is refused: {}", status.message()))
}

async fn subscribe(world: &World, organization: &str) -> anyhow::Result<String> {
    let mut subscriptions = SubscriptionServiceClient::new(world.edge.clone());
    let request = ActivateSubscriptionRequest {
        name: format!("{organization}/subscription"),
        plan: Plan::Premium.into(),
        limits: Some(Limits {
            invitations_by_hand: 10,
            import_rows: 500,
            messages_per_day: 5000,
        }),
        end_time: None,
        reason: "annual subscription paid".to_owned(),
        request_id: world.request_id(),
    };
    let result = subscriptions
        .activate_subscription(world.call("staff", request)?)
        .await;
    let limits = answer("ActivateSubscription", result)?
        .subscription
        .and_then(|it| it.limits)
        .unwrap_or_default();
    Ok(format!(
        "premium plan: {} by hand, {} rows a spreadsheet, {} messages a day",
        limits.invitations_by_hand, limits.import_rows, limits.messages_per_day
    ))
}

fn state(organization: &Organization) -> &'static str {
    OrganizationState::try_from(organization.state)
        .unwrap_or_default()
        .as_str_name()
        .trim_start_matches("ORGANIZATION_STATE_")
}

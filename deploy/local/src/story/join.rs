//! A learner opens the link of the mail, signs in and accepts; employment and trainings follow.

use std::time::Duration;

use anyhow::Context;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{EmploymentState, GetEmploymentRequest, ListPersonEmploymentsRequest};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};
use muster_proto::records::v1::ListPersonAssignmentsRequest;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;

use super::browser::Browser;
use super::mail::messages;
use super::sheet::LEARNER;
use super::world::{World, answer, soon, until};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "A learner opens the link of the mail, signs in and accepts",
    services: &["gateway", "invitation", "employment", "records"],
    tell,
};

/// How long the events of an acceptance may take.
const SOON: Duration = Duration::from_secs(30);

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let link = link(world).await?;
        let mut browser = Browser::open(&link).await?;
        browser.shows(&world.display_name)?;
        browser.click("sign-in").await?;
        browser.submit("/authorize", Some(("person", LEARNER))).await?;
        browser.submit("/invitation/accept", None).await?;
        browser.shows("You have joined")?;
        let name = active(world).await?;
        let employment = employment(world).await?;
        let assignment = assignment(world).await?;
        Ok(vec![
            format!("the link (its secret left out): {}/i/…", world.addresses.gateway),
            format!("the invitation is ACTIVE, and now shows a name: {name}"),
            format!("{employment} is VERIFIED, because the owner still is one and invited by spreadsheet"),
            format!("the group's training is assigned: {assignment}"),
        ])
    })
}

async fn link(world: &World) -> anyhow::Result<String> {
    let newest = messages(world, &format!("{LEARNER}@example.test")).await?;
    let id = newest.first().context("no message came for the learner")?;
    let url = format!("{}/api/messages/{id}", world.addresses.inbox);
    let message: serde_json::Value = world.http.get(url).send().await?.json().await?;
    let mut links = message["links"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|link| link.as_str());
    let ours = links.find(|link| link.starts_with(&format!("{}/i/", world.addresses.gateway)));
    ours.map(str::to_owned)
        .context("the message holds no link of the edge")
}

/// The name that the organization sees from now on.
async fn active(world: &World) -> anyhow::Result<String> {
    let mut invitations = InvitationServiceClient::new(world.edge.clone());
    let request = ListInvitationsRequest {
        parent: world.organization.clone(),
        states: vec![InvitationState::Active.into()],
        ..ListInvitationsRequest::default()
    };
    let listed = answer(
        "ListInvitations",
        invitations.list_invitations(world.call("owner", request)?).await,
    )?;
    let accepted = listed
        .invitations
        .into_iter()
        .next()
        .context("no invitation is ACTIVE")?;
    Ok(accepted.person_display_name)
}

async fn employment(world: &mut World) -> anyhow::Result<String> {
    let mut own = PersonEmploymentServiceClient::new(world.edge.clone());
    let found = until("the employment is verified", SOON, async || {
        let request = ListPersonEmploymentsRequest {
            parent: "persons/me".to_owned(),
            ..Default::default()
        };
        let result = own.list_person_employments(world.call(LEARNER, request)?).await;
        let listed = soon("ListPersonEmployments", result)?.unwrap_or_default();
        let mut here = listed
            .employments
            .into_iter()
            .filter(|it| it.name.starts_with(&world.organization));
        Ok(here.find(|it| it.state() == EmploymentState::Verified))
    })
    .await?;
    let mut employments = EmploymentServiceClient::new(world.edge.clone());
    let request = GetEmploymentRequest {
        name: found.name.clone(),
    };
    answer(
        "GetEmployment",
        employments.get_employment(world.call("owner", request)?).await,
    )?;
    world.learner = found.person;
    Ok(found.name)
}

async fn assignment(world: &World) -> anyhow::Result<String> {
    let mut own = PersonRecordServiceClient::new(world.edge.clone());
    until("the training is assigned", SOON, async || {
        let request = ListPersonAssignmentsRequest {
            parent: "persons/me".to_owned(),
            ..Default::default()
        };
        let result = own.list_person_assignments(world.call(LEARNER, request)?).await;
        let listed = soon("ListPersonAssignments", result)?.unwrap_or_default();
        let here = listed
            .assignments
            .into_iter()
            .find(|it| it.organization == world.organization);
        Ok(here.map(|it| it.training_display_name))
    })
    .await
}

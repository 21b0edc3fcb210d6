//! Step 5: a learner opens the link of the mail, signs in and accepts; employment and trainings follow.

use std::time::Duration;

use anyhow::Context;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    Employment, EmploymentState, GetEmploymentRequest, ListPersonEmploymentsRequest,
};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{Invitation, InvitationState, ListInvitationsRequest};

use super::browser::Browser;
use super::consent::own_assignment;
use super::mail::inbox_of;
use super::patience::{soon, until};
use super::sheet::LEARNER;
use super::told::Told;
use super::world::World;
use crate::edge::Caller;

pub(super) const TITLE: &str = "A learner opens the link of the mail, signs in and accepts";

/// How long the events of an acceptance may take.
const SOON: Duration = Duration::from_secs(30);

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    accept(world, &mut told).await?;
    let owner = world.caller("owner")?;
    let accepted = active(&owner, &world.organization).await?;
    told.say(format!(
        "the invitation is ACTIVE, and the owner sees a name: {}",
        accepted.person_display_name
    ));
    told.show_call("the owner seeing who accepted", world, &owner);

    // With a program of their own, which signs in by itself: the browser's session is the browser's.
    let learner = world.sign_in(LEARNER).await?;
    let employment = verified(&learner, &world.organization).await?;
    let request = GetEmploymentRequest {
        name: employment.name.clone(),
    };
    let seen = owner.ask(request, async |edge, call| {
        EmploymentServiceClient::new(edge).get_employment(call).await
    });
    seen.await?;
    told.say(format!(
        "the employment is VERIFIED, because the owner still is one and invited by spreadsheet: {}",
        employment.name
    ));
    world.learner = employment.person;
    let assignment = until("the training is assigned", "records", SOON, async || {
        Ok(soon(own_assignment(&learner, &world.organization).await)?.flatten())
    })
    .await?;
    told.say(format!(
        "the group's training is assigned: {}",
        assignment.training_display_name
    ));
    told.show_call("the learner seeing the training", world, &learner);
    Ok(told)
}

/// From the mail to the click, in one browser.
async fn accept(world: &World, told: &mut Told) -> anyhow::Result<()> {
    let list = inbox_of(world, &format!("{LEARNER}@example.test"))?;
    let mut browser = Browser::open(&world.addresses, &list).await?;
    // The newest is at the top.
    browser.click_to("/messages/").await?;
    told.show("the mail, with its link", browser.at.as_str());
    browser
        .click_to(&format!("{}/i/", world.addresses.gateway))
        .await?;
    browser.shows(&world.display_name)?;
    browser.click("sign-in").await?;
    browser.submit("/authorize", Some(("person", LEARNER))).await?;
    browser.submit("/invitation/accept", None).await?;
    browser.shows("You have joined")?;
    told.say(format!(
        "{LEARNER} followed the link of the mail, signed in at the issuer and accepted"
    ));
    Ok(())
}

/// The invitation that was accepted, as the organization sees it.
async fn active(owner: &Caller, organization: &str) -> anyhow::Result<Invitation> {
    let request = ListInvitationsRequest {
        parent: organization.to_owned(),
        states: vec![InvitationState::Active.into()],
        ..ListInvitationsRequest::default()
    };
    let listed = owner.ask(request, async |edge, call| {
        InvitationServiceClient::new(edge).list_invitations(call).await
    });
    let accepted = listed.await?.invitations.into_iter().next();
    accepted.context("no invitation is ACTIVE")
}

/// The learner's employment, once it is verified.
async fn verified(learner: &Caller, organization: &str) -> anyhow::Result<Employment> {
    until("the employment is verified", "employment", SOON, async || {
        let request = ListPersonEmploymentsRequest {
            parent: "persons/me".to_owned(),
            ..Default::default()
        };
        let listed = learner.ask(request, async |edge, call| {
            PersonEmploymentServiceClient::new(edge)
                .list_person_employments(call)
                .await
        });
        let employments = soon(listed.await)?.unwrap_or_default().employments;
        let mut here = employments
            .into_iter()
            .filter(|it| it.name.starts_with(organization));
        Ok(here.find(|it| it.state() == EmploymentState::Verified))
    })
    .await
}

//! Step 5: a learner opens the link of the mail, signs in and accepts; employment and trainings follow.

use anyhow::Context;
use muster_client::Client;
use muster_client::acts::{employment, invitation};
use muster_proto::employment::v1::{Employment, EmploymentState};
use muster_proto::invitation::v1::{Invitation, InvitationState, ListInvitationsRequest};

use super::browser::Browser;
use super::consent::own_assignment;
use super::expect::{SOON, unless_unavailable, wait_until};
use super::mail::inbox_of;
use super::report::StepReport;
use super::scenario::Scenario;
use super::spreadsheet::LEARNER;

pub(super) const TITLE: &str = "A learner opens the link of the mail, signs in and accepts";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    accept(scenario, &mut report).await?;
    let owner = scenario.caller("owner")?;
    let accepted = active(&owner, &scenario.organization).await?;
    report.line(format!(
        "the invitation is ACTIVE, and the owner sees a name: {}",
        accepted.person_display_name
    ));
    report.link_call("the owner seeing who accepted", scenario, &owner);

    // With a program of their own, which signs in by itself: the browser's session is the browser's.
    let learner = scenario.sign_in(LEARNER).await?;
    let employed = verified(&learner, &scenario.organization).await?;
    employment::get(&owner, &employed.name).await?;
    report.line(format!(
        "the employment is VERIFIED, because the owner still is one and invited by spreadsheet: {}",
        employed.name
    ));
    scenario.learner = employed.person;
    let assignment = wait_until("the training is assigned", "records", SOON, async || {
        Ok(unless_unavailable(own_assignment(&learner, &scenario.organization).await)?.flatten())
    })
    .await?;
    report.line(format!(
        "the group's training is assigned: {}",
        assignment.training_display_name
    ));
    report.link_call("the learner seeing the training", scenario, &learner);
    Ok(report)
}

/// From the mail to the click, in one browser.
async fn accept(scenario: &Scenario, report: &mut StepReport) -> anyhow::Result<()> {
    let list = inbox_of(scenario, &format!("{LEARNER}@example.test"))?;
    let mut browser = Browser::open(&scenario.addresses, &list).await?;
    // The newest is at the top.
    browser.click_to("/messages/").await?;
    report.link("the mail, with its link", browser.at.as_str());
    browser
        .click_to(&format!("{}/i/", scenario.addresses.gateway))
        .await?;
    browser.shows(&scenario.display_name)?;
    browser.click("sign-in").await?;
    browser.submit("/authorize", Some(("person", LEARNER))).await?;
    browser.submit("/invitation/accept", None).await?;
    browser.shows("You have joined")?;
    report.line(format!(
        "{LEARNER} followed the link of the mail, signed in at the issuer and accepted"
    ));
    Ok(())
}

/// The invitation that was accepted, as the organization sees it.
async fn active(owner: &Client, organization: &str) -> anyhow::Result<Invitation> {
    let request = ListInvitationsRequest {
        parent: organization.to_owned(),
        states: vec![InvitationState::Active.into()],
        ..ListInvitationsRequest::default()
    };
    let accepted = invitation::list(owner, request)
        .await?
        .invitations
        .into_iter()
        .next();
    accepted.context("no invitation is ACTIVE")
}

/// The learner's employment, once it is verified.
async fn verified(learner: &Client, organization: &str) -> anyhow::Result<Employment> {
    wait_until("the employment is verified", "employment", SOON, async || {
        let employments = unless_unavailable(employment::list_own(learner).await)?.unwrap_or_default();
        let mut here = employments
            .into_iter()
            .filter(|it| it.name.starts_with(organization));
        Ok(here.find(|it| it.state() == EmploymentState::Verified))
    })
    .await
}

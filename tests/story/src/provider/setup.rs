//! Trainings and groups come first.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use muster_client::acts::{catalog, group, invitation, location, organization, subscription, training};
use muster_client::{call, request_id};
use muster_clock::Clock;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{CreateInvitationRequest, Invitation};
use muster_proto::organization::v1::{Limits, Organization};
use muster_proto::records::v1::Training;
use muster_refusal::ErrorReason;

use super::{GROUPS, LOCATION, Provider};
use crate::expect::expect_refusal;
use crate::report::StepReport;

pub(super) const SENTENCE: &str =
    "Be sure you've set up training and groups for your organization before you begin inviting users.";
pub(super) const TITLE: &str = "The owner sets up trainings, groups and a location; the checklist says what is missing, and nobody is invited without a group";

/// What the organization is called.
pub(super) const NAME: &str = "Sunrise Training Centre";

/// What its plan allows.
pub(super) const PREMIUM: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 500,
    messages_per_day: 5000,
};

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let (staff, owner) = (provider.staff.clone(), provider.owner.clone());
    let wanted = Training {
        code: format!("PR-{}", provider.scenario.run),
        display_name: "Mandated Reporter Training".to_owned(),
        ..Training::default()
    };
    let training = training::create(&staff, wanted, "asked for by the authority").await?;
    let profile = Organization {
        display_name: NAME.to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: format!("tp-{}", provider.scenario.run),
        ..Organization::default()
    };
    let draft = organization::create(&owner, profile).await?;
    organization::submit(&owner, &draft.name).await?;
    let approved = organization::approve(&staff, &draft.name, "license checked").await?;
    subscription::activate(&staff, &approved.name, PREMIUM, "annual subscription paid").await?;
    provider.organization = approved.name;
    report.line(format!(
        "{} is approved, with a premium plan",
        approved.display_name
    ));

    let organization = &provider.organization;
    let missing = organization::setup_checklist(&owner, organization).await?;
    ensure!(
        !missing.can_invite,
        "without a group the checklist says that people can be invited"
    );
    let hints = missing
        .items
        .iter()
        .filter(|item| item.required && !item.hint.is_empty());
    for item in hints {
        report.line(format!("the checklist: {}", item.hint));
    }
    report.link_call("the checklist", provider.scenario, &owner);
    let nowhere = Invitation {
        address: provider.learner("nowhere"),
        ..Invitation::default()
    };
    let refused = invitation::create(&owner, organization, nowhere).await;
    let status = expect_refusal(
        "an invitation without a group",
        ErrorReason::InvalidRequest,
        refused,
    )?;
    report.line(format!(
        "an invitation without a group is refused: {}",
        status.message()
    ));

    warns(provider, &mut report).await?;
    catalog::add_training(&owner, organization, &training.name).await?;
    let trainings = [training.name];
    for display_name in GROUPS {
        let group = group::create(&owner, organization, display_name, &trainings).await?;
        provider.groups.push(group.name);
    }
    provider.location = location::create(&owner, &provider.organization, LOCATION)
        .await?
        .name;
    let ready = organization::setup_checklist(&owner, &provider.organization).await?;
    ensure!(
        ready.can_invite,
        "with groups nobody can be invited: {:?}",
        ready.items
    );
    report.line(format!(
        "the groups {} require the training; now people can be invited",
        GROUPS.join(" and ")
    ));
    report.link_call("the checklist, done", provider.scenario, &owner);
    let beforehand = invitation::announcement(&owner, &provider.organization).await?;
    ensure!(
        beforehand.text.contains(NAME),
        "the announcement is in nobody's name: {}",
        beforehand.text
    );
    report.line(format!(
        "to tell the team beforehand, to copy: {}",
        beforehand.subject
    ));
    for line in beforehand.text.lines().filter(|line| !line.is_empty()) {
        report.line(format!("  {line}"));
    }
    report.link_call("the announcement", provider.scenario, &owner);
    Ok(report)
}

/// Somebody is invited into a group without trainings, which is possible and told; and taken back before any mail goes out.
async fn warns(provider: &Provider<'_>, report: &mut StepReport) -> anyhow::Result<()> {
    let (owner, organization) = (&provider.owner, &provider.organization);
    let bare = group::create(owner, organization, "Visitors", &[]).await?;
    let tomorrow = SystemTime::from(Clock::system().now()) + Duration::from_secs(24 * 60 * 60);
    let request = CreateInvitationRequest {
        parent: organization.clone(),
        invitation: Some(Invitation {
            address: provider.learner("visitor"),
            groups: vec![bare.name.clone()],
            send_time: Some(tomorrow.into()),
            ..Invitation::default()
        }),
        request_id: request_id(),
    };
    let made = call(owner, request, async |client, request| {
        InvitationServiceClient::new(client)
            .create_invitation(request)
            .await
    });
    let made = made.await?;
    ensure!(
        made.groups_without_trainings == [bare.name],
        "nothing is told of a group without trainings: {made:?}"
    );
    let made = made.invitation.context("nobody is invited")?;
    invitation::batch_cancel(owner, organization, vec![made.name]).await?;
    report.line(format!(
        "an invitation into {}, a group without trainings, is told with a warning; the owner takes it back",
        bare.display_name
    ));
    Ok(())
}

//! By hand: up to ten at a time, now or later.

use std::time::{Duration, SystemTime};

use anyhow::{Context, ensure};
use muster_client::acts::invitation;
use muster_clock::Clock;
use muster_proto::invitation::v1::{DeliveryState, Invitation, InvitationState};
use muster_refusal::ErrorReason;

use super::Provider;
use crate::browser::Browser;
use crate::expect::expect_refusal;
use crate::mail::inbox_of;
use crate::report::StepReport;

pub(super) const SENTENCE: &str = "This will open up a Notification modal where you can choose to notify your Learners now or at a scheduled time later.";
pub(super) const TITLE: &str =
    "Eleven at once are refused whole; ten are invited by hand, nine of them now and one tomorrow";

const UP_TO: &str = "A modal will pop up allowing you to add up to 10 users at a time.";

/// How many are mailed at once.
pub(super) const NOW: i64 = 9;

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = provider.owner.clone();
    report.quote(UP_TO);
    let before = provider.listed(&[]).await?.len();
    let refused = invitation::batch_create(&owner, &provider.organization, wanted(provider, 11)).await;
    let status = expect_refusal("eleven at once", ErrorReason::TooManyInvitations, refused)?;
    ensure!(
        provider.listed(&[]).await?.len() == before,
        "some of eleven were invited"
    );
    report.line(format!("eleven at once: {}", status.message()));

    let mut ten = wanted(provider, 10);
    let last = ten.last_mut().context("nobody is to be invited")?;
    let tomorrow = Clock::system().now() + Duration::from_secs(24 * 60 * 60);
    last.send_time = Some(SystemTime::from(tomorrow).into());
    let later = last.address.clone();
    let made = invitation::batch_create(&owner, &provider.organization, ten).await?;
    ensure!(made.len() == 10, "{} were invited, not 10", made.len());
    report.link_call("ten being invited", provider.scenario, &owner);
    provider.pending(NOW).await?;
    report.line(format!(
        "{NOW} were Prospect, and are Pending: the mail server took their messages"
    ));

    let waiting = provider.listed(&[InvitationState::Prospect]).await?;
    let [waits] = waiting.as_slice() else {
        anyhow::bail!("{} wait for their time, not one", waiting.len());
    };
    ensure!(
        waits.address == later && waits.delivery_state() == DeliveryState::Scheduled,
        "{} is {:?}",
        waits.address,
        waits.delivery_state()
    );
    let inbox = inbox_of(provider.scenario, &later)?;
    let messages = Browser::open(&provider.scenario.addresses, &inbox)
        .await?
        .links_to("/messages/");
    ensure!(messages == 0, "{later} has mail before its time");
    ensure!(
        made.iter().all(|one| one.person_display_name.is_empty()),
        "a name is shown before anybody accepted"
    );
    report.line("the tenth is Prospect until tomorrow; no name is shown of anybody");
    report.link("the inbox", &provider.scenario.addresses.inbox);
    Ok(report)
}

/// So many people.
fn wanted(provider: &Provider<'_>, count: usize) -> Vec<Invitation> {
    let one = |number| Invitation {
        address: provider.learner(&format!("hand-{number}")),
        groups: provider.groups.iter().take(1).cloned().collect(),
        ..Invitation::default()
    };
    (1..=count).map(one).collect()
}

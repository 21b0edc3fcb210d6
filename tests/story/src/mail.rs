//! Step 4: the mail goes out; the mail server's reply moves every invitation to PENDING.

use anyhow::ensure;
use muster_client::Client;
use muster_client::acts::invitation;
use muster_proto::invitation::v1::InvitationState;
use reqwest::Url;

use super::browser::Browser;
use super::expect::{SOON, unless_unavailable, wait_until};
use super::report::StepReport;
use super::scenario::Scenario;
use super::spreadsheet::{LOST, ROWS};

pub(super) const TITLE: &str =
    "RabbitMQ carries the events, the mail worker sends, and every invitation goes from PROSPECT to PENDING";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = scenario.caller("owner")?;
    let expected = i64::try_from(ROWS - LOST + 3)?;
    wait_until("every invitation is PENDING", "notification", SOON, async || {
        let pending = pending(&owner, &scenario.organization).await?;
        Ok(pending.filter(|count| *count == expected))
    })
    .await?;
    report.line(format!(
        "{expected} invitations are PENDING, because the mail server took their messages"
    ));

    let someone = scenario.colleague(2);
    let list = inbox_of(scenario, &someone)?;
    let mut browser = Browser::open(&scenario.addresses, &list).await?;
    let messages = browser.links_to("/messages/");
    ensure!(messages == 1, "{messages} messages came for one invitation");
    browser.shows(&someone)?;
    browser.click_to("/messages/").await?;
    browser.shows(&scenario.display_name)?;
    report.line(format!("the inbox shows one message to {someone}"));
    report.link("the inbox", &scenario.addresses.inbox);
    report.link("that person's messages", list);
    report.link("that message", browser.at.as_str());
    Ok(report)
}

/// The page of the messages to an address.
pub(super) fn inbox_of(scenario: &Scenario, address: &str) -> anyhow::Result<String> {
    let page = Url::parse_with_params(&scenario.addresses.inbox, [("to", address)])?;
    Ok(page.into())
}

/// How many are PENDING; nothing while the service is away.
async fn pending(owner: &Client, organization: &str) -> anyhow::Result<Option<i64>> {
    let counted = invitation::count(owner, organization, InvitationState::Pending).await;
    Ok(unless_unavailable(counted)?)
}

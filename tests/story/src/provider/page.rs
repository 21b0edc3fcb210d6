//! The organization's own page.

use anyhow::{Context, ensure};
use muster_client::acts::{employment, join_page};
use muster_proto::employment::v1::{EmploymentState, ListEmploymentsRequest};
use muster_proto::invitation::v1::RequestToJoinRequest;
use muster_proto::organization::v1::JoinPage;
use muster_refusal::ErrorReason;

use super::{Provider, SOON, invitee};
use crate::browser::Browser;
use crate::expect::{expect_refusal, unless_unavailable, wait_until};
use crate::report::StepReport;

pub(super) const SENTENCE: &str =
    "This option allows users to join your organization without an invite being sent.";
pub(super) const TITLE: &str = "A stranger joins by the organization's page: location, group and address, a mail, and the invitation in their account";

const ADDRESS: &str = "Customized URL: Here you can enter a custom URL for your webpage link.";
const DOMAINS: &str = "Email Allow List: Entering an email domain here will allow only individuals with that domain in their email address to join your organization.";

pub(super) async fn run(provider: &mut Provider<'_>) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = provider.owner.clone();
    let slug = format!("sunrise-{}", provider.scenario.run);
    let wanted = JoinPage {
        name: format!("{}/joinPage", provider.organization),
        enabled: true,
        slug: slug.clone(),
        allowed_domains: vec!["school.test".to_owned()],
        ..JoinPage::default()
    };
    let page = join_page::update(&owner, wanted, &["enabled", "slug", "allowed_domains"]).await?;
    ensure!(page.is_open, "the page is not open: {:?}", page.missing);
    let address = format!("{}{}", provider.scenario.addresses.gateway, page.path);
    ensure!(page.url == address, "the link to pass on is {}", page.url);
    report.quote(ADDRESS);
    report.line(format!(
        "the page is open, with an address of its own: {}",
        page.path
    ));
    report.line(format!("its settings say: {}", page.caution));
    report.link("the page", &address);

    let group = provider.groups.last().context("there is no group")?.clone();
    let outside = RequestToJoinRequest {
        slug: slug.clone(),
        group: group.clone(),
        location: provider.location.clone(),
        address: "stranger@elsewhere.test".to_owned(),
        ..Default::default()
    };
    report.quote(DOMAINS);
    let refused = join_page::ask(&provider.scenario.anybody, outside).await;
    let status = expect_refusal(
        "an address of elsewhere",
        ErrorReason::JoinAddressNotAllowed,
        refused,
    )?;
    report.line(format!(
        "only addresses of school.test can join; one of elsewhere: {}",
        status.message()
    ));

    let stranger = provider.learner("stranger");
    let mut browser = Browser::open(&provider.scenario.addresses, &address).await?;
    let form = [
        ("location", provider.location.as_str()),
        ("group", group.as_str()),
        ("address", stranger.as_str()),
    ];
    browser.submit(&format!("/join/{slug}"), form).await?;
    let mut browser = invitee::follow(provider, &stranger, "/j/").await?;
    browser.submit("/join-confirm", None).await?;
    browser.click("account").await?;
    browser.click("sign-in").await?;
    browser
        .submit("/authorize", Some(("person", stranger.as_str())))
        .await?;
    browser.submit("/invitations/accept", None).await?;
    browser.shows("You have joined")?;
    report.line("the stranger chose location and group, confirmed the address by mail, signed in and accepted in their account");

    let waits = wait_until("the stranger's claim waits", "employment", SOON, async || {
        let request = ListEmploymentsRequest {
            parent: provider.organization.clone(),
            states: vec![EmploymentState::PendingVerification.into()],
            ..ListEmploymentsRequest::default()
        };
        let listed = unless_unavailable(employment::list(&owner, request).await)?;
        Ok(listed.and_then(|listed| listed.employments.into_iter().next()))
    })
    .await?;
    employment::verify(&owner, &waits.name).await?;
    report.line("nobody invited them by name, so the owner verifies that they work there");
    report.link_call("the stranger being verified", provider.scenario, &owner);
    Ok(report)
}

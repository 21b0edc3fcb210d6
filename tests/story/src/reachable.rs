//! Before the first step: the pages open, and the edge answers.

use muster_client::acts::redemption;
use muster_refusal::ErrorReason;

use super::browser::Browser;
use super::expect::expect_refusal;
use super::scenario::Scenario;

/// Opens every page that is open to anybody, and makes a call that needs no sign-in.
pub(super) async fn check(scenario: &Scenario) -> anyhow::Result<()> {
    let all = &scenario.addresses;
    for page in [&all.gateway, &all.issuer, &all.inbox, &all.traces] {
        Browser::open(all, page).await?;
    }
    let looked = redemption::lookup(&scenario.anybody, "a-link-that-nobody-was-sent").await;
    expect_refusal("a link that nobody was sent", ErrorReason::LinkInvalid, looked).map(drop)
}

//! What somebody does who was invited: in a browser, from the mail on.

use super::{Provider, SOON};
use crate::browser::Browser;
use crate::expect::wait_until;
use crate::mail::inbox_of;

/// Opens the link of the newest mail to an address; `begin` is how it begins behind the host.
pub(super) async fn follow(provider: &Provider<'_>, address: &str, begin: &str) -> anyhow::Result<Browser> {
    let addresses = &provider.scenario.addresses;
    let inbox = inbox_of(provider.scenario, address)?;
    let mut browser = wait_until("there is mail", "notification", SOON, async || {
        let browser = Browser::open(addresses, &inbox).await?;
        Ok((browser.links_to("/messages/") > 0).then_some(browser))
    })
    .await?;
    // The newest is at the top.
    browser.click_to("/messages/").await?;
    browser.click_to(&format!("{}{begin}", addresses.gateway)).await?;
    Ok(browser)
}

/// Opens the invitation, signs in and accepts.
pub(super) async fn accept(provider: &Provider<'_>, address: &str) -> anyhow::Result<()> {
    let mut browser = follow(provider, address, "/i/").await?;
    browser.click("sign-in").await?;
    browser.submit("/authorize", Some(("person", address))).await?;
    browser.submit("/invitation/accept", None).await?;
    browser.shows("You have joined")
}

//! What somebody does who was invited: in a browser, from the mail on.

use anyhow::ensure;

use super::{Provider, SOON};
use crate::browser::Browser;
use crate::expect::wait_until;
use crate::mail::inbox_of;

/// The link of the newest mail to an address, once so many have come; `begin` is how it begins behind the host.
pub(super) async fn link(
    provider: &Provider<'_>,
    address: &str,
    begin: &str,
    mails: usize,
) -> anyhow::Result<String> {
    let addresses = &provider.scenario.addresses;
    let inbox = inbox_of(provider.scenario, address)?;
    let mut browser = wait_until("there is mail", "notification", SOON, async || {
        let browser = Browser::open(addresses, &inbox).await?;
        Ok((browser.links_to("/messages/") >= mails).then_some(browser))
    })
    .await?;
    // The newest is at the top.
    browser.click_to("/messages/").await?;
    browser.link_to(&format!("{}{begin}", addresses.gateway))
}

/// Opens that link of any mail.
pub(super) async fn follow(provider: &Provider<'_>, address: &str, begin: &str) -> anyhow::Result<Browser> {
    let link = link(provider, address, begin, 1).await?;
    Browser::open(&provider.scenario.addresses, &link).await
}

/// Opens the invitation of the newest of so many mails, signs in and accepts.
pub(super) async fn accept(provider: &Provider<'_>, address: &str, mails: usize) -> anyhow::Result<()> {
    let mut browser = opened(provider, address, mails).await?;
    browser.click("sign-in").await?;
    browser.submit("/authorize", Some(("person", address))).await?;
    browser.submit("/invitation/accept", None).await?;
    browser.shows("You have joined")
}

/// The same of somebody who has no account: they register, under this name, and come back to the same invitation.
pub(super) async fn register(
    provider: &Provider<'_>,
    address: &str,
    name: &str,
    mails: usize,
) -> anyhow::Result<()> {
    let mut browser = opened(provider, address, mails).await?;
    browser.click("register").await?;
    let mut asked = browser.at.query_pairs();
    ensure!(
        asked.any(|(key, value)| key == "prompt" && value == "create"),
        "the issuer is not asked to let somebody register"
    );
    browser
        .submit("/authorize", [("email", address), ("name", name)])
        .await?;
    browser.shows(name)?;
    browser.submit("/invitation/accept", None).await?;
    browser.shows("You have joined")
}

async fn opened(provider: &Provider<'_>, address: &str, mails: usize) -> anyhow::Result<Browser> {
    let link = link(provider, address, "/i/", mails).await?;
    Browser::open(&provider.scenario.addresses, &link).await
}

/// Signs in without any link, and sees what waits for an answer.
pub(super) async fn account(provider: &Provider<'_>, address: &str) -> anyhow::Result<Browser> {
    let addresses = &provider.scenario.addresses;
    let page = format!("{}/invitations", addresses.gateway);
    let mut browser = Browser::open(addresses, &page).await?;
    browser.click("sign-in").await?;
    browser.submit("/authorize", Some(("person", address))).await?;
    Ok(browser)
}

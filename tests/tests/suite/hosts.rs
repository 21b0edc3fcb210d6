//! The pages at another host than the issuer's, in Chromium: `localhost` and `127.0.0.1` are two sites for it, whose cookies and
//! policies it keeps apart.

use muster_proto::invitation::v1::InvitationState;
use muster_testkit::eventually;

use crate::pages::declines_and_undoes;
use crate::support::{Browser, LocalhostGateway, Organization, Suite, link_for, with_others};

const PAGES: &str = "localhost";
const ISSUER: &str = "127.0.0.1";

/// Waits until a page of this host is shown.
async fn is_at(browser: &Browser, host: &str) {
    eventually(async || browser.host().await == host).await;
}

#[tokio::test]
async fn an_invitee_switches_the_account_registers_at_the_issuer_and_accepts() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let gateway = LocalhostGateway::start(&suite).await;
    let organization = Organization::create(&suite).await;
    let address = format!("hosts-{}@school.test", suite.unique());
    organization.invite(&suite, &address).await;
    let link = gateway.link(&suite, &link_for(&suite, &address).await);
    let browser = Browser::open(&suite).await.at(&gateway.url);

    browser.go(&link).await;
    browser.shows("Test Kindergarten invites you").await;
    browser.click("#sign-in").await;
    is_at(&browser, ISSUER).await;
    browser.click("button[value=learner-6]").await;
    is_at(&browser, PAGES).await;
    browser
        .shows("whose verified address is not the one that was invited")
        .await;
    browser.click("#switch").await;
    browser.shows("Test Kindergarten invites you").await;
    browser.click("#register").await;
    is_at(&browser, ISSUER).await;
    browser.registers(&address, Some("Hanna Hosts")).await;
    is_at(&browser, PAGES).await;
    browser.shows("You are signed in as Hanna Hosts").await;
    browser.click("#accept").await;
    browser.shows("You have joined Test Kindergarten").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    browser.close().await;
}

#[tokio::test]
async fn whoever_was_invited_declines_and_undoes_it() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let gateway = LocalhostGateway::start(&suite).await;
    let organization = Organization::create(&suite).await;
    let address = format!("hosts-{}@school.test", suite.unique());
    let invited = organization.invite(&suite, &address).await.name;
    let link = gateway.link(&suite, &link_for(&suite, &address).await);
    let browser = Browser::open(&suite).await.at(&gateway.url);
    declines_and_undoes(&suite, &browser, (&organization, &invited), &link, async |_| ()).await;
    is_at(&browser, PAGES).await;
    browser.close().await;
}

#[tokio::test]
async fn a_stranger_joins_by_the_page_and_then_signs_in_at_the_issuer() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let gateway = LocalhostGateway::start(&suite).await;
    let organization = Organization::create(&suite).await;
    let slug = organization.open_join_page(&suite).await;
    let address = format!("hosts-{}@school.test", suite.unique());
    let browser = Browser::open(&suite).await.at(&gateway.url);

    browser.go(&format!("{}/join/{slug}", gateway.url)).await;
    browser.shows("Join Test Kindergarten").await;
    for choice in ["#location option:nth-child(2)", "#group option:nth-child(2)"] {
        browser.click(choice).await;
    }
    browser.types("#address", &address).await;
    browser.click("#join").await;
    browser.shows("Look into your mailbox").await;
    browser
        .go(&gateway.link(&suite, &link_for(&suite, &address).await))
        .await;
    browser.click("#confirm").await;
    browser.shows("Your address is confirmed").await;
    browser.click("#account").await;
    browser.click("a[href^='/sign-in']").await;
    is_at(&browser, ISSUER).await;
    browser.registers(&address, Some("Hugo Hosts")).await;
    is_at(&browser, PAGES).await;
    browser.shows("Your invitations").await;
    browser.click("form[action='/invitations/accept'] button").await;
    browser.shows("You have joined").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    browser.close().await;
}

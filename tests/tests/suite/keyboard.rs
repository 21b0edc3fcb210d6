//! The pages by the keyboard alone: whatever is to be pressed or filled in is reached by the tabulator key, in turn, and shows it.

use muster_proto::invitation::v1::InvitationState;
use serde_json::json;

use crate::support::{Browser, Organization, Suite, link_for, with_others};

const RETURN: &str = "\u{e007}";
const SPACE: &str = " ";

/// Goes there by keys, and presses the key of buttons and links.
async fn presses(browser: &Browser, css: &str) {
    browser.tab_to(css).await;
    browser.press(RETURN).await;
}

async fn is_so(browser: &Browser, script: &str) -> bool {
    browser.client.execute(script, Vec::new()).await.unwrap() == json!(true)
}

#[tokio::test]
async fn an_invitation_is_accepted_by_keys() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("keys-{}@school.test", suite.unique());
    organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let browser = Browser::open(&suite).await;

    browser.go(&link).await;
    browser.shows("Test Kindergarten invites you").await;
    presses(&browser, "#register").await;
    browser.registers(&address, Some("Karla Keys")).await;
    browser.shows("You are signed in as Karla Keys").await;
    presses(&browser, "#accept").await;
    browser.shows("You have joined Test Kindergarten").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    presses(&browser, "#to-consent").await;
    browser.shows("Who may read your learning record").await;
    browser.close().await;
}

#[tokio::test]
async fn an_invitation_is_declined_by_keys_and_that_is_undone() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("keys-{}@school.test", suite.unique());
    let invited = organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let browser = Browser::open(&suite).await;
    let state = async || organization.read(&suite, &invited.name).await.state();

    browser.go(&link).await;
    browser.shows("Test Kindergarten invites you").await;
    presses(&browser, "#to-decline").await;
    browser
        .shows("Decline the invitation from Test Kindergarten?")
        .await;
    presses(&browser, "#back").await;
    browser.shows("Test Kindergarten invites you").await;
    presses(&browser, "#to-decline").await;
    browser
        .shows("Decline the invitation from Test Kindergarten?")
        .await;
    browser.tab_to("#not-again").await;
    let is_ticked = "return document.querySelector('#not-again').checked";
    for ticked in [true, false] {
        browser.press(SPACE).await;
        assert_eq!(is_so(&browser, is_ticked).await, ticked);
    }
    assert_ne!(state().await, InvitationState::Declined);
    presses(&browser, "#decline").await;
    browser.shows("This invitation was declined").await;
    assert_eq!(state().await, InvitationState::Declined);
    presses(&browser, "#undo").await;
    browser.shows("Test Kindergarten invites you").await;
    assert_ne!(state().await, InvitationState::Declined);
    browser.close().await;
}

#[tokio::test]
async fn a_stranger_joins_by_keys_and_declines_and_accepts_in_the_account() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let slug = organization.open_join_page(&suite).await;
    let address = format!("keys-{}@school.test", suite.unique());
    let browser = Browser::open(&suite).await;

    browser
        .go(&format!("{}/join/{slug}", suite.address("gateway")))
        .await;
    browser.shows("Join Test Kindergarten").await;
    // A choice is made by the beginning of its name.
    for (field, begin) in [("#location", "Main"), ("#group", "Teach")] {
        browser.tab_to(field).await;
        browser.press(begin).await;
        let chosen = format!("return document.querySelector('{field}').selectedIndex > 0");
        assert!(is_so(&browser, &chosen).await, "{field}");
    }
    browser.tab_to("#address").await;
    browser.press(&address).await;
    presses(&browser, "#join").await;
    browser.shows("Look into your mailbox").await;

    browser.go(&link_for(&suite, &address).await).await;
    browser.shows("Confirm your address").await;
    presses(&browser, "#confirm").await;
    browser.shows("Your address is confirmed").await;
    presses(&browser, "#account").await;
    browser.shows("Your invitations").await;
    presses(&browser, "#register").await;
    browser.registers(&address, Some("Konrad Keys")).await;
    browser.shows("Test Kindergarten").await;
    presses(&browser, "summary").await;
    presses(&browser, ".decline").await;
    browser.shows("You have declined").await;
    presses(&browser, ".undo").await;
    browser
        .shows("When you accept, Test Kindergarten sees your name")
        .await;
    presses(&browser, ".accept").await;
    browser.shows("You have joined").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    browser.close().await;
}

//! The pages, in a real browser.

use muster_proto::invitation::v1::InvitationState;
use muster_testkit::eventually;
use serde_json::json;

use crate::support::{Browser, Organization, Suite, link_for, with_others};

#[tokio::test]
async fn an_invitee_follows_the_link_registers_and_accepts() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("page-{}@school.test", suite.unique());
    organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let browser = Browser::open(&suite).await;

    browser.go(&link).await;
    browser.shows("Test Kindergarten invites you").await;
    let at = browser.client.current_url().await.unwrap();
    assert_eq!(at.path(), "/invitation", "the secret is out of the address");
    browser.picture("1-invitation").await;
    browser.click("#register").await;

    browser.fills_in(&address, Some("Paula Page")).await;
    browser.picture("2-register").await;
    browser.click("#register button").await;

    browser.shows("You are signed in as Paula Page").await;
    browser.picture("3-accept").await;
    assert_eq!(
        organization.count(&suite, InvitationState::Active).await,
        0,
        "nothing changes before the click"
    );
    browser.click("#accept").await;
    browser.shows("You have joined Test Kindergarten").await;
    browser.picture("4-joined").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);

    browser.go(&link).await;
    browser.shows("You have joined Test Kindergarten").await;
    browser.close().await;
}

#[tokio::test]
async fn somebody_else_is_told_so_and_can_switch() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("switch-{}@school.test", suite.unique());
    organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let browser = Browser::open(&suite).await;

    browser.go(&link).await;
    browser.click("#sign-in").await;
    browser.click("button[value=learner-6]").await;
    browser
        .shows("whose verified address is not the one that was invited")
        .await;
    browser.picture("5-somebody-else").await;
    browser.click("#switch").await;
    browser.shows("Test Kindergarten invites you").await;
    browser.click("#sign-in").await;
    browser.registers(&address, None).await;
    browser.click("#accept").await;
    browser.shows("You have joined Test Kindergarten").await;
    eventually(async || organization.count(&suite, InvitationState::Active).await == 1).await;
    browser.close().await;
}

#[tokio::test]
async fn a_stranger_joins_by_the_page_confirms_the_address_and_accepts_in_the_account() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let slug = organization.open_join_page(&suite).await;
    organization.set_logo(&suite).await;
    let address = format!("stranger-{}@school.test", suite.unique());
    let browser = Browser::open(&suite).await;

    browser
        .go(&format!("{}/join/{slug}", suite.address("gateway")))
        .await;
    browser.shows("Join Test Kindergarten").await;
    // Drawn by the browser, and not only named: the page's policy lets it.
    let drawn = "return document.querySelector('.logo img').naturalWidth";
    eventually(async || browser.client.execute(drawn, Vec::new()).await.unwrap() == json!(320)).await;
    browser.picture("10-join").await;
    browser.narrow(320).await;
    browser.picture("10-join-phone").await;
    for choice in ["#location option:nth-child(2)", "#group option:nth-child(2)"] {
        browser.click(choice).await;
    }
    browser.types("#address", &address).await;
    browser.click("#join").await;
    browser.shows("Look into your mailbox").await;
    browser.picture("11-sent-phone").await;
    assert_eq!(organization.count(&suite, InvitationState::Pending).await, 0);

    let link = link_for(&suite, &address).await;
    browser.go(&link).await;
    browser.shows("Confirm your address").await;
    let at = browser.client.current_url().await.unwrap();
    assert_eq!(at.path(), "/join-confirm", "the secret is out of the address");
    browser.picture("12-confirm-phone").await;
    assert_eq!(organization.count(&suite, InvitationState::Pending).await, 0);
    browser.click("#confirm").await;
    browser.shows("Your address is confirmed").await;
    browser.picture("13-confirmed-phone").await;
    assert_eq!(organization.count(&suite, InvitationState::Pending).await, 1);

    browser.click("#account").await;
    browser.click("a[href^='/sign-in']").await;
    browser.registers(&address, Some("Stella Stranger")).await;
    browser.shows("Test Kindergarten").await;
    browser.picture("14-account-phone").await;
    browser.click("form[action='/invitations/accept'] button").await;
    eventually(async || organization.count(&suite, InvitationState::Active).await == 1).await;
    browser.picture("15-joined-phone").await;
    browser.close().await;
}

/// Declines an invitation by its link, and takes that back. `keeps` gets the name of each page that is worth a picture.
pub(crate) async fn declines_and_undoes(
    suite: &Suite,
    browser: &Browser,
    (organization, invitation): (&Organization, &str),
    link: &str,
    keeps: impl AsyncFn(&str),
) {
    let state = async || organization.read(suite, invitation).await.state();
    browser.go(link).await;
    browser.click("#to-decline").await;
    browser
        .shows("Decline the invitation from Test Kindergarten?")
        .await;
    keeps("7-decline").await;
    browser.narrow(320).await;
    keeps("7-decline-phone").await;
    assert_ne!(state().await, InvitationState::Declined, "asking changes nothing");
    browser.click("#decline").await;
    browser.shows("This invitation was declined").await;
    keeps("8-declined-phone").await;
    assert_eq!(state().await, InvitationState::Declined);

    browser.click("#undo").await;
    browser.shows("Test Kindergarten invites you").await;
    keeps("9-undone-phone").await;
    assert_ne!(state().await, InvitationState::Declined);
}

#[tokio::test]
async fn whoever_was_invited_declines_without_an_account_and_can_undo_it() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("decline-{}@school.test", suite.unique());
    let invited = organization.invite(&suite, &address).await.name;
    let link = link_for(&suite, &address).await;
    let browser = Browser::open(&suite).await;
    let keeps = async |name: &str| browser.picture(name).await;
    declines_and_undoes(&suite, &browser, (&organization, &invited), &link, keeps).await;
    browser.close().await;
}

#[tokio::test]
async fn whoever_lost_the_mail_signs_in_and_answers_in_their_account() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("own-{}@school.test", suite.unique());
    let invited = organization.invite(&suite, &address).await;
    let browser = Browser::open(&suite).await;
    let state = async || organization.read(&suite, &invited.name).await.state();

    browser
        .go(&format!("{}/invitations", suite.address("gateway")))
        .await;
    browser.click("#register").await;
    browser.registers(&address, Some("Olga Own")).await;
    browser.shows("Your invitations").await;
    browser.shows("Test Kindergarten").await;
    browser.picture("10-invitations").await;
    browser.narrow(320).await;
    browser.click("summary").await;
    browser.picture("11-invitations-phone").await;
    browser.click(".decline").await;
    browser.shows("You have declined").await;
    browser.picture("12-declined-in-account-phone").await;
    assert_eq!(state().await, InvitationState::Declined);
    browser.click(".undo").await;
    browser.click(".accept").await;
    browser.shows("You have joined").await;
    browser.picture("13-joined-in-account-phone").await;
    assert_eq!(state().await, InvitationState::Active);
    browser.close().await;
}

#[tokio::test]
async fn pages_carry_their_headers_and_change_nothing_on_get() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("scanner-{}@school.test", suite.unique());
    organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let edge = suite.address("gateway");
    for url in [
        &link,
        &format!("{edge}/"),
        &format!("{edge}/invitation"),
        &format!("{edge}/invitation/decline"),
        &format!("{edge}/invitations"),
        &format!("{edge}/i/nonsense"),
        &format!("{edge}/nowhere"),
    ] {
        let answer = suite.http.get(url).send().await.unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|it| it.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        assert!(
            header("content-security-policy").contains("frame-ancestors 'none'"),
            "{url}"
        );
        assert_eq!(header("referrer-policy"), "no-referrer", "{url}");
        assert_eq!(header("cache-control"), "no-store", "{url}");
        assert!(header("x-robots-tag").contains("noindex"), "{url}");
        suite.http.head(url).send().await.unwrap();
    }
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 0);
}

#[tokio::test]
async fn a_broken_link_says_what_to_do() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::open(&suite).await;
    browser.go(&format!("{}/i/AAAA", suite.address("gateway"))).await;
    browser.shows("This link does not work").await;
    browser.picture("6-broken-link").await;
    browser.close().await;
}

#[tokio::test]
async fn nothing_of_a_browser_survives_a_failing_test() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::open(&suite).await;
    browser.go(&suite.address("gateway")).await;
    let mark = browser.mark();
    assert!(processes(&mark) > 1, "the browser runs");
    let failing = tokio::spawn(async move {
        let _browser = browser;
        panic!("this test fails on purpose");
    });
    assert!(failing.await.unwrap_err().is_panic());
    eventually(async || processes(&mark) == 0).await;
}

/// How many processes have `mark` in their command lines.
fn processes(mark: &str) -> usize {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(mark))
        .count()
}

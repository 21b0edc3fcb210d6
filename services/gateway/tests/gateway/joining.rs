//! Asking to join at the pages: whoever opens the link may, and what the page answers tells of nobody.

use muster_proto::invitation::v1::{RequestToJoinRequest, VerifyJoinRequestRequest};
use reqwest::StatusCode;

use crate::backend::{FORMER, LOST, NO_PAGE, OUTSIDE};
use crate::browser::{Browser, Page};
use crate::support::Fixture;

const JOIN: &str = "/join/sunrise";
const CONFIRM: &str = "/join-confirm";
const GROUP: &str = "organizations/a/groups/t";
const LOCATION: &str = "organizations/a/locations/m";

/// The requests that came through.
fn asked(fixture: &Fixture) -> Vec<RequestToJoinRequest> {
    fixture.backend.messages::<RequestToJoinRequest>("/RequestToJoin")
}

fn confirmed(fixture: &Fixture) -> Vec<VerifyJoinRequestRequest> {
    fixture
        .backend
        .messages::<VerifyJoinRequestRequest>("/VerifyJoinRequest")
}

async fn ask(browser: &mut Browser, group: &str, location: &str, address: &str) -> Page {
    let token = browser.get(JOIN).await.form_token(JOIN);
    let form = format!("form_token={token}&group={group}&location={location}&address={address}");
    browser.post_text(JOIN, form).await
}

#[tokio::test]
async fn a_stranger_chooses_and_is_sent_to_their_mailbox() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let page = browser.get(JOIN).await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in [
        "Join Sunrise &#38; Co",
        "Teachers &#60;b&#62;",
        "Main street",
        "example.org",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains("<script"), "{}", page.text);
    let answer = ask(&mut browser, GROUP, LOCATION, "ada%40example.org").await;
    assert_eq!(answer.location.as_deref(), Some("/join-sent"));
    let sent = browser.get("/join-sent").await;
    assert!(sent.text.contains("Look into your mailbox"), "{}", sent.text);
    let expected = RequestToJoinRequest {
        slug: "sunrise".to_owned(),
        group: GROUP.to_owned(),
        location: LOCATION.to_owned(),
        address: "ada@example.org".to_owned(),
        language: "en".to_owned(),
    };
    assert_eq!(asked(&fixture), [expected]);
}

#[tokio::test]
async fn what_is_missing_is_told_beside_what_was_chosen() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let page = ask(&mut browser, "", LOCATION, "").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("<title>Error: "), "{}", page.text);
    let summary = page.text.find("Choose a group</a>").unwrap();
    assert!(
        summary < page.text.find("<h1>").unwrap(),
        "the summary stands first"
    );
    assert!(page.text.contains("Give your e-mail address"), "{}", page.text);
    assert!(!page.text.contains("Choose a location</a>"), "{}", page.text);
    assert_eq!(page.text.matches("aria-invalid").count(), 2);
    assert!(
        page.text.contains(&format!("value=\"{LOCATION}\" selected")),
        "{}",
        page.text
    );
    let page = ask(&mut browser, GROUP, LOCATION, &format!("ada%40{OUTSIDE}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text.contains("one of the domains that can join here"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains(&format!("value=\"ada@{OUTSIDE}\"")),
        "{}",
        page.text
    );
}

/// The page stood open for longer than its token holds: the keys of the pages were changed meanwhile.
#[tokio::test]
async fn a_page_that_has_become_too_old_keeps_what_was_typed_and_asks_for_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let form = |token: &str| {
        format!("form_token={token}&group={GROUP}&location={LOCATION}&address=ada%40example.org")
    };
    for token in ["", "AAAA"] {
        let page = browser.post_text(JOIN, form(token)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text.contains("<title>Error: "), "{}", page.text);
        for kept in [
            "This page had become too old",
            &format!("value=\"{GROUP}\" selected"),
            &format!("value=\"{LOCATION}\" selected"),
            "value=\"ada@example.org\"",
        ] {
            assert!(page.text.contains(kept), "{kept}: {}", page.text);
        }
        assert_eq!(page.text.matches("aria-invalid").count(), 0);
        assert!(asked(&fixture).is_empty());
        let answer = browser.post_text(JOIN, form(&page.form_token(JOIN))).await;
        assert_eq!(answer.location.as_deref(), Some("/join-sent"));
        assert_eq!(asked(&fixture).pop().unwrap().address, "ada@example.org");
        fixture.backend.forget();
    }
    let gone = browser.post_text(&format!("/join/{NO_PAGE}"), form("")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let elsewhere = browser.post_from("https://elsewhere.example", JOIN, "AAAA").await;
    assert_eq!(elsewhere.location.as_deref(), Some(JOIN));
}

#[tokio::test]
async fn a_page_that_moved_leads_on_and_one_that_is_not_there_says_nothing_more() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let moved = browser.get(&format!("/join/{FORMER}")).await;
    assert_eq!(moved.location.as_deref(), Some(JOIN));
    let gone = browser.get(&format!("/join/{NO_PAGE}")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.text.contains("This page is not there"), "{}", gone.text);
}

#[tokio::test]
async fn only_the_button_confirms_an_address() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    for method in ["GET", "HEAD"] {
        for path in ["/j/first", CONFIRM, JOIN, "/join-sent", "/join-confirmed"] {
            browser.ask(method, path).await;
        }
    }
    browser.post(CONFIRM, "").await;
    browser.post(JOIN, "").await;
    assert!(asked(&fixture).is_empty() && confirmed(&fixture).is_empty());
    let page = browser.get(CONFIRM).await;
    let token = page.form_token(CONFIRM);
    // Of another link, opened meanwhile in another tab.
    browser.get("/j/second").await;
    assert_eq!(
        browser.post(CONFIRM, &token).await.location.as_deref(),
        Some(CONFIRM)
    );
    assert!(confirmed(&fixture).is_empty());
    let token = browser.get(CONFIRM).await.form_token(CONFIRM);
    for _ in 0..2 {
        let answer = browser.post(CONFIRM, &token).await;
        assert_eq!(answer.location.as_deref(), Some("/join-confirmed"));
    }
    let page = browser.get("/join-confirmed").await;
    assert_eq!(page.link("Sign in and accept").as_deref(), Some("/invitations"));
    assert_eq!(confirmed(&fixture)[0].token, "second");
    browser.get(&format!("/j/{LOST}")).await;
    let token = browser.get(CONFIRM).await.form_token(CONFIRM);
    let late = browser.post(CONFIRM, &token).await;
    assert_eq!(late.status, StatusCode::GONE);
    let broken = browser.get("/j/a.b").await;
    assert_eq!(broken.status, StatusCode::NOT_FOUND);
}

//! Declining at the pages: whoever holds the link may, and no program does by looking.

use muster_proto::invitation::v1::{DeclineInvitationRequest, UndoDeclineRequest};

use crate::backend::DECLINED;
use crate::browser::Browser;
use crate::support::Fixture;

const DECLINE: &str = "/invitation/decline";
const UNDO: &str = "/invitation/undo-decline";

/// The declines that came through.
fn declines(fixture: &Fixture) -> Vec<DeclineInvitationRequest> {
    fixture
        .backend
        .messages::<DeclineInvitationRequest>("/DeclineInvitation")
}

/// A browser that has followed this link.
async fn following(fixture: &Fixture, link: &str) -> Browser {
    let mut browser = Browser::of(fixture);
    browser.get(&format!("/i/{link}")).await;
    browser
}

#[tokio::test]
async fn whoever_holds_the_link_declines_without_signing_in() {
    let fixture = Fixture::new().await;
    let mut browser = following(&fixture, "first").await;
    let page = browser.get("/invitation").await;
    assert_eq!(page.link("I do not want to join").as_deref(), Some(DECLINE));
    let page = browser.get(DECLINE).await;
    assert!(page.text.contains("Organization first"), "{}", page.text);
    let token = page.form_token(DECLINE);
    let answer = browser.post(DECLINE, &token).await;
    assert_eq!(answer.location.as_deref(), Some("/invitation"));
    let ticked = "form_token=".to_owned() + &token + "&do_not_invite_again=yes";
    browser.post_text(DECLINE, ticked).await;
    let expected = [false, true].map(|do_not_invite_again| DeclineInvitationRequest {
        token: "first".to_owned(),
        do_not_invite_again,
        request_id: String::new(),
    });
    assert_eq!(declines(&fixture), expected);
}

#[tokio::test]
async fn whatever_is_no_form_of_ours_about_this_link_declines_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = following(&fixture, "first").await;
    let first = browser.get(DECLINE).await.form_token(DECLINE);
    for method in ["GET", "HEAD"] {
        for path in ["/i/first", "/invitation", DECLINE, UNDO] {
            browser.ask(method, path).await;
        }
    }
    // Blindly, as a program that submits what it finds, and with the form of another page.
    browser.post(DECLINE, "").await;
    browser.post(UNDO, "").await;
    browser.post(UNDO, &first).await;
    let mut nobody = Browser::of(&fixture);
    nobody.post(DECLINE, &first).await;
    // Another link was opened since, in another tab: the page asks about that one.
    browser.get("/i/second").await;
    let answer = browser.post(DECLINE, &first).await;
    assert_eq!(answer.location.as_deref(), Some(DECLINE));
    assert!(browser.get(DECLINE).await.text.contains("Organization second"));
    assert_eq!(declines(&fixture), []);
    assert_eq!(fixture.backend.messages::<UndoDeclineRequest>("/UndoDecline"), []);
}

#[tokio::test]
async fn a_form_that_another_site_posts_declines_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = following(&fixture, "first").await;
    let token = browser.get(DECLINE).await.form_token(DECLINE);
    browser
        .post_from("https://elsewhere.example", DECLINE, &token)
        .await;
    assert_eq!(declines(&fixture), []);
}

#[tokio::test]
async fn what_was_declined_says_so_and_can_be_undone() {
    let fixture = Fixture::new().await;
    let mut browser = following(&fixture, DECLINED).await;
    let answer = browser.get(DECLINE).await;
    assert_eq!(answer.location.as_deref(), Some("/invitation"));
    let page = browser.get("/invitation").await;
    assert!(
        page.text.contains("This invitation was declined")
            && page.text.contains("until 31 December 1969, 19:00 EST (UTC-5)."),
        "{}",
        page.text
    );
    browser.post(UNDO, &page.form_token(UNDO)).await;
    let expected = UndoDeclineRequest {
        token: DECLINED.to_owned(),
        request_id: String::new(),
    };
    assert_eq!(
        fixture.backend.messages::<UndoDeclineRequest>("/UndoDecline"),
        [expected]
    );
}

//! The page of everything that was sent to whoever is signed in.

use muster_proto::invitation::v1::{
    AcceptPersonInvitationRequest, DeclinePersonInvitationRequest, LiftPersonOptOutRequest,
    ListPersonInvitationsRequest, ListPersonOptOutsRequest, UndoPersonDeclineRequest,
};

use crate::backend::{NO_TOKEN, OLDER_INVITATION, OPEN, UNDOABLE, UNWANTED};
use crate::browser::Browser;
use crate::support::Fixture;

const ACCEPT: &str = "/invitations/accept";
const DECLINE: &str = "/invitations/decline";
const UNDO: &str = "/invitations/undo-decline";

/// A browser in which somebody signed in without a link.
async fn signed_in(fixture: &Fixture) -> Browser {
    let mut browser = Browser::of(fixture);
    browser
        .sign_in(fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let page = browser.get("/invitation").await;
    assert_eq!(page.location.as_deref(), Some("/invitations"));
    browser
}

async fn post(browser: &mut Browser, path: &str, form_token: &str, more: &str) -> Option<String> {
    let text = format!("form_token={form_token}&{more}");
    browser.post_text(path, text).await.location
}

#[tokio::test]
async fn whoever_is_signed_in_answers_without_a_link() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get("/invitations").await;
    assert!(
        page.text.contains("Organization open") && page.text.contains("3 March 2026, 04:05 EST (UTC-5)"),
        "{}",
        page.text
    );
    let open = format!("invitation={OPEN}");
    let accepted = post(&mut browser, ACCEPT, &page.form_token(ACCEPT), &open).await;
    assert_eq!(accepted.as_deref(), Some("/invitations?joined=1"));
    let page = browser.get("/invitations?joined=1").await;
    assert!(page.text.contains("id=\"joined\""), "{}", page.text);
    let ticked = format!("{open}&do_not_invite_again=yes");
    post(&mut browser, DECLINE, &page.form_token(DECLINE), &ticked).await;
    let undone = format!("invitation={UNDOABLE}");
    post(&mut browser, UNDO, &page.form_token(UNDO), &undone).await;

    let (name, request_id) = (OPEN.to_owned(), String::new());
    assert_eq!(
        fixture
            .backend
            .messages::<AcceptPersonInvitationRequest>("/AcceptPersonInvitation"),
        [AcceptPersonInvitationRequest { name, request_id }]
    );
    let declined = DeclinePersonInvitationRequest {
        name: OPEN.to_owned(),
        do_not_invite_again: true,
        request_id: String::new(),
    };
    assert_eq!(
        fixture
            .backend
            .messages::<DeclinePersonInvitationRequest>("/DeclinePersonInvitation"),
        [declined]
    );
    let (name, request_id) = (UNDOABLE.to_owned(), String::new());
    assert_eq!(
        fixture
            .backend
            .messages::<UndoPersonDeclineRequest>("/UndoPersonDecline"),
        [UndoPersonDeclineRequest { name, request_id }]
    );
}

#[tokio::test]
async fn a_form_answers_only_the_invitation_that_it_stands_with() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get("/invitations").await;
    let accept = page.form_token(ACCEPT);
    let other = format!("invitation={UNDOABLE}");
    for (path, form_token, more) in [
        (ACCEPT, accept.as_str(), other.as_str()),
        (DECLINE, accept.as_str(), &format!("invitation={OPEN}")),
        (UNDO, accept.as_str(), &format!("invitation={OPEN}")),
        (ACCEPT, "", &format!("invitation={OPEN}")),
        (ACCEPT, accept.as_str(), ""),
    ] {
        let answer = post(&mut browser, path, form_token, more).await;
        assert_eq!(answer.as_deref(), Some("/invitations"), "{path} {more}");
    }
    // Nor does a copy of the page in another session.
    let mut eve = signed_in(&fixture).await;
    post(&mut eve, ACCEPT, &accept, &format!("invitation={OPEN}")).await;
    let answered = fixture.backend.seen().into_iter();
    let answered = answered.filter(|seen| !seen.path.contains("/ListPerson"));
    assert_eq!(answered.count(), 0);
}

/// The page stood open for longer than its session.
#[tokio::test]
async fn an_answer_that_is_posted_too_late_comes_back_with_its_page_once_they_are_signed_in() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get("/invitations").await;
    assert!(!page.text.contains(" checked") && !page.text.contains("<details open>"));
    let decline = page.form_token(DECLINE);
    browser.put("muster-session", "");
    let ticked = format!("invitation={OPEN}&do_not_invite_again=yes");
    let late = post(&mut browser, DECLINE, &decline, &ticked).await;
    assert_eq!(late.as_deref(), Some("/invitations"));
    let nobodys = browser.get("/invitations").await;
    assert!(
        nobodys.text.contains("is kept for 15 minutes"),
        "{}",
        nobodys.text
    );

    browser
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let again = browser.get("/invitations").await;
    // All of theirs stand there, wherever the form stood before.
    let listed = fixture
        .backend
        .messages::<ListPersonInvitationsRequest>("/ListPersonInvitations");
    let sizes: Vec<i32> = listed.iter().map(|asked| asked.page_size).collect();
    assert_eq!(sizes, [50, 1000]);
    assert!(
        again.text.contains("press the button once more"),
        "{}",
        again.text
    );
    assert_eq!(again.text.matches("<details open>").count(), 1, "{}", again.text);
    assert_eq!(again.text.matches(" checked>").count(), 1, "{}", again.text);
    let declined = || {
        fixture
            .backend
            .messages::<DeclinePersonInvitationRequest>("/DeclinePersonInvitation")
    };
    assert!(
        declined().is_empty(),
        "nothing is answered before the button is pressed"
    );
    post(&mut browser, DECLINE, &again.form_token(DECLINE), &ticked).await;
    assert!(declined()[0].do_not_invite_again);
    let after = browser.get("/invitations").await;
    assert!(!after.text.contains(" checked") && !after.text.contains("id=\"ended\""));
}

#[tokio::test]
async fn what_came_longer_ago_is_behind_a_link_and_so_is_where_they_said_that_they_want_no_more() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let newest = browser.get("/invitations").await;
    let backend = &fixture.backend;
    let listed = backend.messages::<ListPersonInvitationsRequest>("/ListPersonInvitations");
    assert_eq!((listed[0].page_size, listed[0].page_token.as_str()), (50, ""));
    let listed = backend.messages::<ListPersonOptOutsRequest>("/ListPersonOptOuts");
    assert_eq!((listed[0].page_size, listed[0].page_token.as_str()), (50, ""));
    assert!(newest.link("The newest invitations").is_none());

    let older = newest.link("Older invitations").unwrap();
    assert_eq!(older, "/invitations?page=older%2B%2F%3D");
    let older = browser.get(&older).await;
    assert!(older.text.contains("Organization older"), "{}", older.text);
    assert!(
        !older.text.contains("Organization open") && !older.text.contains("Organization unwanted"),
        "{}",
        older.text
    );
    assert!(older.link("Older invitations").is_none());
    assert_eq!(
        older.link("The newest invitations").as_deref(),
        Some("/invitations")
    );
    let one = format!("invitation={OLDER_INVITATION}");
    let accepted = post(&mut browser, ACCEPT, &older.form_token(ACCEPT), &one).await;
    assert_eq!(accepted.as_deref(), Some("/invitations?joined=1"));

    let formerly = newest.link("What you said longer ago").unwrap();
    assert_eq!(formerly, "/invitations?unwanted=older%2B%2F%3D");
    let formerly = browser.get(&formerly).await;
    assert!(
        formerly
            .text
            .contains("Organization formerly sends no further invitation"),
        "{}",
        formerly.text
    );
    assert!(
        !formerly.text.contains("Organization open") && !formerly.text.contains("id=\"none\""),
        "{}",
        formerly.text
    );
    assert_eq!(
        formerly.link("The newest invitations").as_deref(),
        Some("/invitations")
    );
    let spanish = browser.get("/invitations?lang=es").await;
    for shown in ["Invitaciones anteriores", "Lo que dijo hace más tiempo"] {
        assert!(spanish.link(shown).is_some(), "{shown}: {}", spanish.text);
    }
    // A link that has become too old begins anew.
    for list in ["page", "unwanted"] {
        let gone = browser.get(&format!("/invitations?{list}={NO_TOKEN}")).await;
        assert_eq!(gone.location.as_deref(), Some("/invitations"));
    }
}

#[tokio::test]
async fn nobody_is_shown_where_to_sign_in() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let page = browser.get("/invitations").await;
    assert_eq!(
        page.link("Sign in").as_deref(),
        Some("/sign-in?to=invitations"),
        "{}",
        page.text
    );
    assert!(fixture.backend.seen().is_empty());
}

#[tokio::test]
async fn who_wants_no_further_invitation_takes_that_back_by_the_button_alone() {
    const LIFT: &str = "/invitations/lift";
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let lifted = || {
        fixture
            .backend
            .messages::<LiftPersonOptOutRequest>("/LiftPersonOptOut")
    };
    let page = browser.get("/invitations").await;
    assert!(
        page.text
            .contains("Organization unwanted sends no further invitation to ada@example.org.")
            && page
                .text
                .contains("You said so on 3 March 2026, 04:05 EST (UTC-5)."),
        "{}",
        page.text
    );
    let token = page.form_token(LIFT);
    browser.get(LIFT).await;
    post(&mut browser, LIFT, "", &format!("invitation={UNWANTED}")).await;
    // The form of one wish lifts no other.
    post(&mut browser, LIFT, &token, &format!("invitation={OPEN}")).await;
    assert!(lifted().is_empty());
    let answer = post(&mut browser, LIFT, &token, &format!("invitation={UNWANTED}")).await;
    assert_eq!(answer.as_deref(), Some("/invitations"));
    let (name, request_id) = (UNWANTED.to_owned(), String::new());
    assert_eq!(lifted(), [LiftPersonOptOutRequest { name, request_id }]);
}

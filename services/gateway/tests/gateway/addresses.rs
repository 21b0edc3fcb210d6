//! Addresses of people whose issuer does not put them into access tokens.

use muster_identity::Caller;
use muster_refusal::ErrorReason;
use serde_json::json;
use tonic::Code;

use crate::backend::ELSES;
use crate::browser::Browser;
use crate::issuer::silent;
use crate::support::Fixture;
use crate::wire::{Call, field};

const LOOKUP: &str = "invitation.v1.InvitationRedemptionService/LookupInvitation";
const ACCEPT: &str = "invitation.v1.InvitationRedemptionService/AcceptInvitation";
const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";

/// The addresses and the name of the caller of the last call of this method, as its service is told.
fn told(fixture: &Fixture, method: &str) -> (Vec<String>, Option<String>) {
    let seen = fixture.backend.seen();
    let last = seen.iter().rfind(|seen| seen.path.ends_with(method)).unwrap();
    let token = last.headers["muster-caller"].to_str().unwrap();
    let service = if method == OWN { "records" } else { "invitation" };
    let Caller::Person(person) = fixture.verifier(service).verify(token, &last.path).unwrap() else {
        panic!("nobody")
    };
    let emails = person.emails.iter().map(|email| email.as_given().to_owned());
    (emails.collect(), person.name)
}

fn ada() -> (Vec<String>, Option<String>) {
    (vec!["ada@example.org".to_owned()], Some("ada".to_owned()))
}

#[tokio::test]
async fn an_issuer_is_asked_for_an_address_once_and_only_for_what_is_done_with_a_link() {
    let fixture = Fixture::new().await;
    fixture.issuer.tells(200, "ada");
    let (token, message) = (fixture.issuer.silent_token("ada"), field(1, "first"));
    let call = async |method: &str| Call::to(method).token(&token).send(&fixture.edge, &message).await;
    assert_eq!(call(OWN).await.code(), Code::Ok);
    assert_eq!(
        (told(&fixture, OWN), fixture.issuer.asked()),
        ((Vec::new(), None), 0)
    );
    for method in [LOOKUP, ACCEPT, LOOKUP] {
        assert_eq!(call(method).await.code(), Code::Ok);
        assert_eq!(told(&fixture, method), ada());
    }
    assert_eq!(fixture.issuer.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_does_not_tell_an_address_at_the_moment_hurts_only_those_who_need_it() {
    let fixture = Fixture::new().await;
    fixture.issuer.tells(503, "ada");
    let (silent, speaking) = (fixture.issuer.silent_token("ada"), fixture.issuer.token("ada"));
    let message = field(1, "first");
    let call =
        async |method: &str, token: &str| Call::to(method).token(token).send(&fixture.edge, &message).await;
    for method in [LOOKUP, ACCEPT] {
        let refused = call(method, &silent).await;
        assert_eq!(
            (refused.code(), refused.reason()),
            (Code::Unavailable, Some(ErrorReason::Unavailable))
        );
        assert_eq!(call(method, &speaking).await.code(), Code::Ok);
    }
    assert_eq!(call(OWN, &silent).await.code(), Code::Ok);
    let anonymous = Call::to(LOOKUP).send(&fixture.edge, &message).await;
    assert_eq!(anonymous.code(), Code::Ok);
    fixture.issuer.tells(200, "ada");
    assert_eq!(call(ACCEPT, &silent).await.code(), Code::Ok);
    assert_eq!(told(&fixture, ACCEPT), ada());
}

#[tokio::test]
async fn pages_use_the_address_of_the_id_token_and_ask_for_none() {
    let fixture = Fixture::new().await;
    fixture.issuer.tells(503, "ada");
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let page = browser
        .sign_in(&fixture, "ada", &fixture.issuer.silent_token("ada"))
        .await;
    assert_eq!(page.location.as_deref(), Some("/invitation"));
    let shown = browser.get("/invitation").await;
    assert_eq!(told(&fixture, LOOKUP), ada());
    browser
        .post("/invitation/accept", &shown.form_token("/invitation/accept"))
        .await;
    assert_eq!(told(&fixture, ACCEPT), ada());
    assert_eq!(fixture.issuer.asked(), 0);
}

#[tokio::test]
async fn who_cannot_be_compared_with_the_invitee_is_not_called_somebody_else() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    browser.get(&format!("/i/{ELSES}")).await;
    let asked = browser.leave("/sign-in").await;
    let token = fixture.issuer.silent_token("ada");
    fixture.issuer.will_say("ada", &asked["nonce"], silent(), &token);
    browser.come_back(&asked, &[("code", "1")]).await;
    let shown = browser.get("/invitation").await.text;
    assert!(
        shown.contains("id=\"no-address\"") && !shown.contains("id=\"somebody-else\""),
        "{shown}"
    );

    let mut browser = Browser::of(&fixture);
    browser.get(&format!("/i/{ELSES}")).await;
    browser.sign_in(&fixture, "ada", &token).await;
    let shown = browser.get("/invitation").await.text;
    assert!(
        !shown.contains("id=\"no-address\"") && shown.contains("id=\"somebody-else\""),
        "{shown}"
    );
}

#[tokio::test]
async fn a_page_that_cannot_see_whose_the_invitation_is_says_so_and_does_nothing() {
    let fixture = Fixture::new().await;
    fixture.issuer.tells(200, "ada");
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let asked = browser.leave("/sign-in").await;
    fixture.issuer.will_say(
        "ada",
        &asked["nonce"],
        silent(),
        &fixture.issuer.silent_token("ada"),
    );
    browser.come_back(&asked, &[("code", "1")]).await;
    fixture.issuer.tells(503, "ada");
    let page = browser.get("/invitation").await;
    assert_eq!(page.status, 502);
    assert!(
        page.text.contains("whether the invitation is yours"),
        "{}",
        page.text
    );
    fixture.issuer.tells(200, "ada");
    let page = browser.get("/invitation").await;
    assert!(
        page.text.contains("signed in as <strong>ada</strong>"),
        "{}",
        page.text
    );
    assert_eq!(told(&fixture, LOOKUP), ada());
}

#[tokio::test]
async fn an_issuer_that_can_be_asked_for_claims_is_asked_to_tell_the_address() {
    let fixture = Fixture::new().await;
    assert_eq!(Browser::of(&fixture).leave("/sign-in").await.get("claims"), None);
    let fixture = Fixture::new().await;
    fixture.issuer.takes_claims();
    let asked = Browser::of(&fixture).leave("/sign-in").await;
    let claims: serde_json::Value = serde_json::from_str(&asked["claims"]).unwrap();
    assert_eq!(
        claims,
        json!({ "id_token": { "name": null, "email": null, "email_verified": null } })
    );
}

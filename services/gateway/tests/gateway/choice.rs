//! Several issuers: people choose where they sign in, on every page that lets them.

use std::fs;

use crate::backend::ELSES;
use crate::browser::{Browser, Page, asked};
use crate::issuer::{AUDIENCE, Issuer};
use crate::support::Fixture;

const NAME: &str = "Moon & Sons";
const SHOWN: &str = "Moon &#38; Sons";

/// A gateway with a second issuer, which has a name that must be escaped.
async fn fixture() -> (Fixture, Issuer) {
    let second = Issuer::start().await;
    let more = format!(
        "[[issuer]]\nurl = \"{}\"\naudience = \"{AUDIENCE}\"\nclient_id = \"pages\"\nname = \"{NAME}\"\ntrust_email = true\n",
        second.url
    );
    let fixture = Fixture::told(|settings| {
        let first = fs::read_to_string(&settings.issuers).unwrap();
        fs::write(&settings.issuers, first + &more).unwrap();
    })
    .await;
    (fixture, second)
}

fn host(fixture: &Fixture) -> &str {
    fixture.issuer.url.trim_start_matches("http://")
}

/// The links of a page that sign in at the first and at the second issuer, and register there.
fn links(fixture: &Fixture, page: &Page) -> [String; 4] {
    let first = host(fixture);
    let texts = [
        format!("Sign in with {first}"),
        format!("Sign in with {SHOWN}"),
        format!("Register with {first}"),
        format!("Register with {SHOWN}"),
    ];
    texts.map(|text| {
        page.link(&text)
            .unwrap_or_else(|| panic!("no “{text}” in {}", page.text))
    })
}

#[tokio::test]
async fn an_invitation_lets_people_choose_where_they_sign_in_or_register() {
    let (fixture, second) = fixture().await;
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let page = browser.get("/invitation").await;
    let expected = [
        (&fixture.issuer, None),
        (&second, None),
        (&fixture.issuer, Some("create")),
        (&second, Some("create")),
    ];
    for (link, (issuer, prompt)) in links(&fixture, &page).iter().zip(expected) {
        let left = browser.get(link).await;
        assert!(left.location.as_ref().unwrap().starts_with(&issuer.url), "{link}");
        assert_eq!(asked(&left).get("prompt").map(String::as_str), prompt, "{link}");
    }
    let [_, there, ..] = links(&fixture, &page);
    let page = browser.sign_in_at(&second, &there, "ada").await;
    assert_eq!(page.location.as_deref(), Some("/invitation"), "{}", page.text);
    let shown = browser.get("/invitation").await;
    let who = format!("<strong>ada</strong> with {SHOWN}");
    assert!(
        shown.text.contains("id=\"accept\"") && shown.text.contains(&who),
        "{}",
        shown.text
    );
}

#[tokio::test]
async fn the_wrong_person_can_sign_in_elsewhere_or_sign_out() {
    let (fixture, second) = fixture().await;
    let mut browser = Browser::of(&fixture);
    browser.get(&format!("/i/{ELSES}")).await;
    let page = browser.get("/invitation").await;
    let [here, ..] = links(&fixture, &page);
    browser.sign_in_at(&fixture.issuer, &here, "ada").await;
    let page = browser.get("/invitation").await;
    assert!(page.text.contains("id=\"somebody-else\""), "{}", page.text);
    let [here, there, ..] = links(&fixture, &page);
    // Who was remembered there is the wrong one.
    for link in [&here, &there] {
        assert_eq!(browser.leave(link).await["prompt"], "login");
    }
    let mut another = browser.clone();
    another.sign_in_at(&second, &there, "bob").await;
    let shown = another.get("/invitation").await.text;
    assert!(
        shown.contains(&format!("<strong>bob</strong> with {SHOWN}")),
        "{shown}"
    );

    let answer = browser.post("/sign-out", &page.form_token("/sign-out")).await;
    let page = browser.get(&answer.location.unwrap()).await;
    assert!(!page.text.contains("<strong>ada</strong>"));
    let [_, there, ..] = links(&fixture, &page);
    assert_eq!(browser.leave(&there).await["prompt"], "login");
}

#[tokio::test]
async fn who_is_not_signed_in_can_choose_again() {
    let (fixture, second) = fixture().await;
    let mut browser = Browser::of(&fixture);
    let choosing = browser.get("/sign-in").await;
    assert_eq!(choosing.status, 200);
    let unknown = browser
        .get("/sign-in?issuer=https%3A%2F%2Felsewhere.example")
        .await;
    let [_, there, ..] = links(&fixture, &unknown);
    let asked = browser.leave(&there).await;
    let refused = browser.come_back(&asked, &[("error", "access_denied")]).await;
    let elsewhere = browser.come_back(&asked, &[("code", "1")]).await;
    for page in [&unknown, &refused, &elsewhere] {
        assert_eq!(page.status, 400);
        assert!(page.text.contains("You are not signed in"), "{}", page.text);
    }
    for page in [choosing, unknown, refused, elsewhere] {
        let [_, there, ..] = links(&fixture, &page);
        assert!(
            browser
                .get(&there)
                .await
                .location
                .unwrap()
                .starts_with(&second.url)
        );
    }
}

#[tokio::test]
async fn an_answer_of_one_issuer_is_not_taken_for_that_of_another() {
    let (fixture, second) = fixture().await;
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let page = browser.get("/invitation").await;
    let [here, there, ..] = links(&fixture, &page);
    // The first issuer's tokens come out of the second's token endpoint.
    let asked = browser.leave(&there).await;
    fixture
        .issuer
        .will_give("ada", &asked["nonce"], &fixture.issuer.token("ada"));
    second.will_give_as(&fixture.issuer);
    let page = browser.come_back(&asked, &[("code", "1")]).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None));
    assert!(!browser.has("muster-session"));
    let page = browser.sign_in_at(&fixture.issuer, &here, "ada").await;
    assert_eq!(page.location.as_deref(), Some("/invitation"), "{}", page.text);
}

#[tokio::test]
async fn a_single_issuer_is_no_choice() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let page = browser.get("/invitation").await;
    assert_eq!(page.link("Sign in").as_deref(), Some("/sign-in"));
    assert_eq!(
        page.link("I have no account yet").as_deref(),
        Some("/sign-in?prompt=create")
    );
    let unknown = browser
        .get("/sign-in?issuer=https%3A%2F%2Felsewhere.example")
        .await;
    for page in [page, unknown] {
        assert!(
            !page.text.contains("class=\"choices\"") && !page.text.contains(host(&fixture)),
            "{}",
            page.text
        );
    }
}

//! The pages in the reader's language: what the browser asks for, what was chosen by a link, and nothing in between.

use std::collections::BTreeSet;

use crate::backend::DECLINED;
use crate::browser::{Browser, Page, asked};
use crate::support::Fixture;

const ENGLISH: &str = include_str!("../../locales/en.ftl");
const SPANISH: &str = include_str!("../../locales/es.ftl");

/// Messages without a value that differ in the two languages: whichever of them stands on a page tells its language.
fn telling(source: &'static str, other: &'static str) -> BTreeSet<&'static str> {
    let fixed = |source: &'static str| -> BTreeSet<&'static str> {
        let lines = source.lines().filter(|line| !line.starts_with('#'));
        let said = lines.filter_map(|line| Some(line.split_once(" = ")?.1));
        said.filter(|said| !said.contains('{')).collect()
    };
    fixed(source).difference(&fixed(other)).copied().collect()
}

/// What a page says between its tags.
fn said(page: &Page) -> BTreeSet<String> {
    let between = page
        .text
        .split('<')
        .filter_map(|part| Some(part.split_once('>')?.1));
    between.map(|text| text.trim().replace("&#39;", "'")).collect()
}

fn is_spanish(page: &Page, path: &str) {
    let language = page.headers.get("content-language");
    assert_eq!(language.and_then(|tag| tag.to_str().ok()), Some("es"), "{path}");
    assert!(page.text.contains("<html lang=\"es\">"), "{path}: {}", page.text);
    let said = said(page);
    let english: Vec<_> = telling(ENGLISH, SPANISH)
        .into_iter()
        .filter(|text| said.contains(*text))
        .collect();
    assert!(english.is_empty(), "{path} says {english:?}");
    let is_said = |text: &&str| said.contains(*text);
    assert!(telling(SPANISH, ENGLISH).iter().any(is_said), "{path}: {said:?}");
}

#[tokio::test]
async fn every_page_speaks_as_the_browser_asks() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::reading(&fixture, "es-MX,es;q=0.9,en;q=0.5");
    let anonymous = [
        "/",
        "/invitations",
        "/trainings",
        "/consent",
        "/join/sunrise",
        "/join/nowhere",
        "/join-sent",
        "/join-confirmed",
    ];
    let with_link = ["/i/first", "/invitation", "/invitation/decline"];
    let broken = [
        "/i/a.b",
        "/j/a.b",
        "/no/such/page",
        "/sign-in?issuer=unknown",
        "/sign-in/callback?state=x",
    ];
    for path in anonymous
        .into_iter()
        .chain(with_link)
        .chain(broken)
        .chain(["/j/first", "/join-confirm"])
    {
        let page = browser.get(path).await;
        if page.location.is_none() {
            is_spanish(&page, path);
        }
    }
    let declined = format!("/i/{DECLINED}");
    browser.get(&declined).await;
    is_spanish(&browser.get("/invitation").await, &declined);
    browser.get("/i/first").await;
    let token = fixture.issuer.token("ada");
    browser.sign_in(&fixture, "ada", &token).await;
    for path in [
        "/",
        "/invitation",
        "/invitations",
        "/invitations?joined=1",
        "/consent?done=allowed",
        "/consent/readings",
    ] {
        is_spanish(&browser.get(path).await, path);
    }
    let too_old = browser.post_text("/join/sunrise", "form_token=".to_owned()).await;
    is_spanish(&too_old, "a page that has become too old");
    let form = browser.get("/join/sunrise").await.form_token("/join/sunrise");
    is_spanish(&browser.post("/join/sunrise", &form).await, "a form with gaps");
    is_spanish(&browser.ask("DELETE", "/invitation").await, "another method");
}

#[tokio::test]
async fn a_language_that_is_chosen_by_a_link_stays_with_the_browser() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::reading(&fixture, "en");
    let english = browser.get("/").await;
    assert!(english.text.contains("<html lang=\"en\">"), "{}", english.text);
    assert_eq!(english.link("Español").as_deref(), Some("?lang=es"));
    assert!(
        english
            .headers
            .get_all("vary")
            .iter()
            .any(|vary| vary == "accept-language, cookie"),
        "{:?}",
        english.headers
    );
    is_spanish(&browser.get("/?lang=es").await, "/?lang=es");
    assert!(browser.has("muster-language"));
    let next = browser.get("/invitations").await;
    is_spanish(&next, "/invitations");
    assert_eq!(next.link("English").as_deref(), Some("?lang=en"));
    // What is none of ours chooses nothing.
    for query in ["lang=de", "lang=", "lang=ES", "lang=es-MX", "lang=%00", "lang"] {
        is_spanish(&browser.get(&format!("/?{query}")).await, query);
    }
    let back = browser.get("/?lang=en").await;
    assert!(back.text.contains("<html lang=\"en\">"), "{}", back.text);
    assert!(browser.get("/").await.text.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn a_cookie_of_another_name_or_a_made_up_one_chooses_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::reading(&fixture, "es");
    browser.get("/?lang=en").await;
    let mut forged = Browser::reading(&fixture, "es");
    forged.put("muster-language", "en");
    is_spanish(&forged.get("/").await, "forged");
    let mut another = Browser::reading(&fixture, "es");
    another.put("muster-link", &browser.cookie("muster-language"));
    is_spanish(&another.get("/").await, "another cookie");
}

#[tokio::test]
async fn an_issuer_is_told_what_the_person_reads() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::reading(&fixture, "es");
    assert_eq!(asked(&browser.get("/sign-in").await)["ui_locales"], "es");
    assert_eq!(asked(&browser.get("/sign-in?lang=en").await)["ui_locales"], "en");
    assert_eq!(
        asked(&browser.get("/sign-in?prompt=create").await)["ui_locales"],
        "en"
    );
}

#[tokio::test]
async fn a_language_is_changed_on_what_was_posted_by_looking_again() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::reading(&fixture, "en");
    let page = browser.ask("PUT", "/invitation/accept").await;
    assert_eq!(page.link("Español").as_deref(), Some("/invitation?lang=es"));
    let elsewhere = browser.get("//elsewhere.example/a").await;
    assert_eq!(elsewhere.link("Español").as_deref(), Some("?lang=es"));
}

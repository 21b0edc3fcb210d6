//! The logo on a join page: a picture of this origin, which no other page may show.

use reqwest::StatusCode;

use crate::backend::LOGO;
use crate::browser::{Browser, Page};
use crate::support::Fixture;

const PATH: &str = "/join/sunrise/logo";

fn header<'p>(page: &'p Page, name: &str) -> &'p str {
    page.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_join_page_shows_the_logo_and_is_the_only_page_that_may_show_pictures() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let page = browser.get("/join/sunrise").await;
    let img = "<img src=\"/join/sunrise/logo?0a1b\" alt=\"\" width=\"200\" height=\"100\">";
    assert!(page.text.contains(img), "{}", page.text);
    let policy = header(&page, "content-security-policy");
    assert!(policy.contains("; img-src 'self';"), "{policy}");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';"),
        "{policy}"
    );
    let with_gaps = browser
        .post("/join/sunrise", &page.form_token("/join/sunrise"))
        .await;
    assert_eq!(with_gaps.status, StatusCode::BAD_REQUEST);
    assert!(header(&with_gaps, "content-security-policy").contains("img-src 'self'"));
    for path in [
        "/",
        "/invitations",
        "/consent",
        "/join-sent",
        "/join/nowhere",
        "/join/nowhere/logo",
    ] {
        let page = browser.get(path).await;
        let policy = header(&page, "content-security-policy");
        assert!(
            !policy.contains("img-src") && !page.text.contains("<img"),
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn the_logo_is_a_picture_whatever_it_says_it_is_and_is_asked_for_again_by_its_etag() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let logo = browser.get(PATH).await;
    assert_eq!((logo.status, logo.text.as_bytes()), (StatusCode::OK, LOGO));
    for (name, value) in [
        ("content-type", "image/png"),
        ("etag", "\"0a1b\""),
        ("cache-control", "no-cache"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(header(&logo, name), value, "{name}");
    }
    for (said, status) in [
        ("\"0a1b\"", StatusCode::NOT_MODIFIED),
        ("\"x\", W/\"0a1b\"", StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("\"0a1\"", StatusCode::OK),
        ("0a1b", StatusCode::OK),
    ] {
        let again = browser.get_if_none_match(PATH, said).await;
        assert_eq!(again.status, status, "{said}");
        assert_eq!(header(&again, "etag"), "\"0a1b\"");
        let is_empty = again.text.is_empty();
        assert_eq!(is_empty, status == StatusCode::NOT_MODIFIED);
    }
    let none = browser.get("/join/nowhere/logo").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text.contains("There is no such page"), "{}", none.text);
}

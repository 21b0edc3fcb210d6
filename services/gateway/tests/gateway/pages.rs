//! The pages: what is accepted is what was shown, and a sign-in that cannot hold says so.

use std::time::Duration;

use muster_clock::Clock;
use serde_json::json;

use crate::backend::{LATE, LOST, OPEN, ORGANIZATIONS, OWN, PAGE};
use crate::browser::{Browser, asked};
use crate::support::{Fixture, eventually};

const ACCEPT: &str = "/invitation/accept";

async fn signed_in(fixture: &Fixture, link: &str) -> Browser {
    let mut browser = Browser::of(fixture);
    browser.get(&format!("/i/{link}")).await;
    let token = fixture.issuer.token("ada");
    let page = browser.sign_in(fixture, "ada", &token).await;
    assert_eq!(page.location.as_deref(), Some("/invitation"), "{}", page.text);
    browser
}

fn accepted(fixture: &Fixture) -> usize {
    let seen = fixture.backend.seen();
    seen.iter()
        .filter(|seen| seen.path.ends_with("/AcceptInvitation"))
        .count()
}

#[tokio::test]
async fn what_is_accepted_is_what_was_shown() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let first = browser.get("/invitation").await;
    assert!(first.text.contains("Organization first"), "{}", first.text);
    // Another tab, or somebody's link.
    browser.get("/i/second").await;
    let answer = browser.post(ACCEPT, &first.form_token(ACCEPT)).await;
    assert_eq!(accepted(&fixture), 0);
    let shown = browser.get(&answer.location.unwrap()).await;
    assert!(shown.text.contains("Organization second") && shown.text.contains("id=\"another\""));
    let answer = browser.post(ACCEPT, &shown.form_token(ACCEPT)).await;
    assert_eq!(
        (answer.location.as_deref(), accepted(&fixture)),
        (Some("/invitation"), 1)
    );
}

#[tokio::test]
async fn an_old_tab_of_another_account_accepts_nothing_and_says_who_is_signed_in() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let old = browser.get("/invitation").await;
    assert!(old.text.contains("<strong>ada</strong>"), "{}", old.text);
    let token = fixture.issuer.token("bob");
    browser.sign_in(&fixture, "bob", &token).await;
    let answer = browser.post(ACCEPT, &old.form_token(ACCEPT)).await;
    assert_eq!(accepted(&fixture), 0, "the invitation is untouched");
    let shown = browser.get(&answer.location.unwrap()).await.text;
    assert!(
        shown.contains("<strong>bob</strong>") && !shown.contains("<strong>ada</strong>"),
        "{shown}"
    );
}

#[tokio::test]
async fn every_page_lets_whoever_is_signed_in_sign_out() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let anonymous = Browser::of(&fixture).get("/").await;
    assert!(!anonymous.text.contains("/sign-out"), "{}", anonymous.text);
    for path in [
        "/",
        "/invitation",
        "/nowhere",
        "/sign-in?issuer=unknown",
        "/sign-in/callback?state=a",
        "/sign-in/callback?state=a&state=b",
        "/i/%ff",
    ] {
        let page = browser.get(path).await;
        assert_eq!(
            page.text.matches("action=\"/sign-out\"").count(),
            1,
            "{path}: {}",
            page.text
        );
        // The token of each page is one that counts.
        let mut copy = browser.clone();
        copy.post("/sign-out", &page.form_token("/sign-out")).await;
        assert!(!copy.has("muster-session"), "{path}");
        browser = signed_in(&fixture, "first").await;
    }
}

#[tokio::test]
async fn a_copied_cookie_is_dead_once_its_session_was_signed_out() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let mut copy = browser.clone();
    let page = browser.get("/invitation").await;
    let (sign_out, accept) = (page.form_token("/sign-out"), page.form_token(ACCEPT));
    assert!(copy.get("/invitation").await.text.contains("signed in as"));
    browser.post("/sign-out", &sign_out).await;
    let page = copy.get("/invitation").await;
    assert!(!page.text.contains("signed in as"), "{}", page.text);
    copy.post(ACCEPT, &accept).await;
    assert_eq!(accepted(&fixture), 0);
    assert!(!browser.has("muster-session"));
}

/// Signing out at one replica is signing out at all of them, also at one that was started only afterwards.
#[tokio::test]
async fn a_copied_cookie_is_dead_at_every_replica_and_after_their_restart() {
    let fixture = Fixture::new().await;
    let other = fixture.replica().await;
    let mut browser = signed_in(&fixture, "first").await;
    let mut copy = browser.at(other.address());
    let before = copy.get("/invitation").await;
    assert!(before.text.contains("signed in as"), "{}", before.text);
    let accept = before.form_token(ACCEPT);
    let copied = copy.clone();
    let sign_out = browser.get("/invitation").await.form_token("/sign-out");
    browser.post("/sign-out", &sign_out).await;

    let is_dead = async |mut copy: Browser| {
        let page = copy.get("/invitation").await;
        assert!(!page.text.contains("signed in as"), "{}", page.text);
        copy.post(ACCEPT, &accept).await;
        assert_eq!(accepted(&fixture), 0);
    };
    is_dead(copied.clone()).await;
    other.stop().await;
    let again = fixture.replica().await;
    is_dead(copied.at(again.address())).await;
    is_dead(copied.at(fixture.address)).await;
}

#[tokio::test]
async fn while_nobody_knows_whether_somebody_signed_out_a_session_shows_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let page = browser.get("/invitation").await;
    let (sign_out, accept) = (page.form_token("/sign-out"), page.form_token(ACCEPT));
    fixture.backend.answers_about_sessions(false);
    for page in [
        browser.get("/invitation").await,
        browser.post(ACCEPT, &accept).await,
        browser.post("/sign-out", &sign_out).await,
    ] {
        assert_eq!(page.status.as_u16(), 503, "{}", page.text);
        assert!(page.text.contains("Nothing was changed"), "{}", page.text);
    }
    assert_eq!(accepted(&fixture), 0);
    assert_eq!(browser.get("/assets/muster.css").await.status.as_u16(), 200);
    let anonymous = Browser::of(&fixture).get("/").await;
    assert_eq!(anonymous.status.as_u16(), 200);
    fixture.backend.answers_about_sessions(true);
    assert!(browser.get("/invitation").await.text.contains("signed in as"));
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_without_a_page_and_after_a_working_day() {
    let is_signed_in = async |browser: &mut Browser| browser.get("/").await.text.contains("/sign-out");
    // So many pages 29 minutes apart, then one more after so many minutes.
    for (pages, minutes) in [(3, 31), (16, 17)] {
        let clock = Clock::fixed(Clock::system().now());
        let fixture = Fixture::at(clock.clone()).await;
        let mut browser = signed_in(&fixture, "first").await;
        for _ in 0..pages {
            clock.advance(Duration::from_secs(29 * 60));
            assert!(is_signed_in(&mut browser).await);
        }
        clock.advance(Duration::from_secs(minutes * 60));
        assert!(!is_signed_in(&mut browser).await, "{pages} pages");
    }
}

#[tokio::test]
async fn what_the_framework_says_never_reaches_a_page() {
    let fixture = Fixture::new().await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let large = format!("form_token={}", "x".repeat(5_000));
    for (method, path, body) in [
        ("GET", "/sign-in/callback?state=a&state=b", ""),
        ("GET", "/sign-in/callback?iss=%ff&code=%", ""),
        ("GET", "/sign-in?prompt=a&prompt=b", ""),
        ("GET", "/sign-in?issuer=a&issuer=b", ""),
        ("GET", "/invitation?switch=1&switch=2", ""),
        ("GET", "/invitation?another=1&another=2", ""),
        ("GET", "/i/%ff", ""),
        ("GET", "/i/%c3%28", ""),
        ("GET", "/i/a%00b", ""),
        ("GET", "/i/", ""),
        ("GET", "/i/a/b", ""),
        ("DELETE", "/invitation", ""),
        ("PUT", "/", "x"),
        ("GET", "/sign-out", ""),
        ("POST", "/sign-out", large.as_str()),
        ("POST", "/invitation/accept", "form_token=a&form_token=b"),
        ("POST", "/invitation/accept", "%ff=%ff"),
        ("POST", "/assets/muster.css", ""),
        ("GET", "/assets/", ""),
        ("OPTIONS", "/invitation", ""),
    ] {
        let url = format!("http://{}{path}", fixture.address);
        for kind in [
            "application/x-www-form-urlencoded",
            "application/json",
            "multipart/form-data",
        ] {
            let request = client
                .request(method.parse().unwrap(), &url)
                .header("content-type", kind);
            let answer = request.body(body.to_owned()).send().await.unwrap();
            let what = format!("{method} {path} {kind}");
            if answer.status().is_redirection() || answer.status().is_success() {
                continue;
            }
            let is_page = answer.headers()["content-type"] == "text/html; charset=utf-8";
            assert!(is_page, "{what}: {}", answer.status());
            let text = answer.text().await.unwrap();
            assert!(text.contains("<h1>") && text.contains("Muster"), "{what}: {text}");
            for word in [
                "deserialize",
                "UTF-8",
                "Invalid",
                "Failed",
                "field",
                "limit exceeded",
            ] {
                assert!(!text.contains(word), "{what}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_form_token_for_signing_out_accepts_nothing() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let token = browser.get("/invitation").await.form_token("/sign-out");
    browser.post(ACCEPT, &token).await;
    assert_eq!(accepted(&fixture), 0);
}

#[tokio::test]
async fn a_sign_in_that_would_not_hold_is_told() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let unusable = [
        ("opaque", "no-jwt-at-all".to_owned()),
        (
            "of another audience",
            fixture.issuer.token_with("ada", json!({ "aud": "other" })),
        ),
        ("of somebody else", fixture.issuer.token("eve")),
        (
            "too large for a cookie",
            fixture
                .issuer
                .token_with("ada", json!({ "more": "x".repeat(4000) })),
        ),
    ];
    for (what, token) in unusable {
        let page = browser.sign_in(&fixture, "ada", &token).await;
        assert_eq!((page.status.as_u16(), page.location), (400, None), "{what}");
        assert!(page.text.contains("You are not signed in"), "{what}");
    }
}

#[tokio::test]
async fn only_the_issuer_that_was_asked_answers() {
    for promised in [false, true] {
        let fixture = Fixture::new().await;
        if promised {
            fixture.issuer.names_itself();
        }
        let own = fixture.issuer.url.as_str();
        // No name at all is what an issuer says that promised none.
        for (name, believed) in [
            (Some("http://evil.test"), false),
            (Some(own), true),
            (None, !promised),
        ] {
            let mut browser = Browser::of(&fixture);
            let asked = browser.leave("/sign-in").await;
            let token = fixture.issuer.token("ada");
            fixture.issuer.will_give("ada", &asked["nonce"], &token);
            let mut answer = vec![("code", "1")];
            answer.extend(name.map(|name| ("iss", name)));
            let page = browser.come_back(&asked, &answer).await;
            let expected = if believed { 303 } else { 400 };
            assert_eq!(page.status.as_u16(), expected, "{name:?}, promised: {promised}");
            assert_eq!(page.text.contains("You are not signed in"), !believed);
            assert_eq!(browser.has("muster-session"), believed);
        }
    }
}

#[tokio::test]
async fn who_cannot_register_is_sent_to_sign_in_once() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let wanted = browser.leave("/sign-in?prompt=create").await;
    assert_eq!(wanted["prompt"], "create");
    let unknown = [
        ("error", "invalid_request"),
        ("error_description", "no such prompt"),
    ];
    let page = browser.come_back(&wanted, &unknown).await;
    let instead = asked(&page);
    assert_eq!(instead.get("prompt"), None);
    assert_ne!(instead["state"], wanted["state"]);

    let mut another = browser.clone();
    let page = another.come_back(&instead, &unknown).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None));

    let token = fixture.issuer.token("ada");
    fixture.issuer.will_give("ada", &instead["nonce"], &token);
    let page = browser.come_back(&instead, &[("code", "1")]).await;
    assert_eq!(page.location.as_deref(), Some("/invitation"), "{}", page.text);
    let shown = browser.get("/invitation").await;
    assert!(shown.text.contains("Organization first"), "{}", shown.text);
}

#[tokio::test]
async fn who_changed_their_mind_about_registering_is_not_sent_off_again() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let wanted = browser.leave("/sign-in?prompt=create").await;
    let page = browser.come_back(&wanted, &[("error", "access_denied")]).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None));
    assert!(page.text.contains("was not completed"), "{}", page.text);
}

#[tokio::test]
async fn an_issuer_that_refuses_is_not_one_that_does_not_answer() {
    let fixture = Fixture::new().await;
    let (refused, away) = ("could not be confirmed", "does not answer");
    let answers = [
        (400, json!({ "error": "invalid_grant" }), 400, refused),
        (401, json!({ "error": "invalid_client" }), 400, refused),
        (403, json!("a page of a firewall"), 400, refused),
        (503, json!({ "error": "temporarily_unavailable" }), 502, away),
        (200, json!({}), 502, away),
        (302, json!({}), 502, away),
        (200, json!(" ".repeat(300_000)), 502, away),
    ];
    for (status, body, expected, text) in answers {
        let mut browser = Browser::of(&fixture);
        let asked = browser.leave("/sign-in").await;
        fixture.issuer.will_refuse(status, body);
        let page = browser.come_back(&asked, &[("code", "1")]).await;
        assert_eq!(page.status.as_u16(), expected, "{status}");
        assert!(
            page.text.contains("You are not signed in") && page.text.contains(text),
            "{status}: {}",
            page.text
        );
        assert!(!browser.has("muster-session"), "{status}");
    }
}

#[tokio::test]
async fn an_issuer_that_moved_is_found_without_a_restart() {
    let clock = Clock::fixed(Clock::system().now());
    let fixture = Fixture::at(clock.clone()).await;
    let token = fixture.issuer.token("ada");
    let mut browser = Browser::of(&fixture);
    let asked = browser.leave("/sign-in").await;
    fixture.issuer.moves();
    clock.advance(Duration::from_secs(31));
    let lost = browser.come_back(&asked, &[("code", "1")]).await;
    assert_eq!((lost.status.as_u16(), lost.location), (400, None));
    eventually(async || {
        let mut browser = Browser::of(&fixture);
        browser.sign_in(&fixture, "ada", &token).await.location.as_deref() == Some("/invitation")
    })
    .await;
}

#[tokio::test]
async fn an_acceptance_that_nobody_confirmed_is_not_called_undone() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, LOST).await;
    let token = browser.get("/invitation").await.form_token(ACCEPT);
    let page = browser.post(ACCEPT, &token).await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("It may have worked"), "{}", page.text);
}

#[tokio::test]
async fn pages_have_limits() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture, "first").await;
    let page = browser.get("/invitation").await;
    let token = page.form_token("/sign-out");
    // A form that is not read is one without a token: the session stays.
    browser.post_with("/sign-out", &token, &"x".repeat(5000)).await;
    assert_eq!(browser.get("/invitation").await.form_token("/sign-out"), token);
    browser.post_with("/sign-out", &token, "x").await;
    assert!(!browser.get("/invitation").await.text.contains("/sign-out"));
    let mut begun = 0;
    while browser.get("/sign-in").await.status != 429 {
        begun += 1;
        assert!(begun < 2000, "each beginning may make us call the issuer");
    }
    assert_eq!(browser.get("/").await.status, 200);
}

/// Every address that takes a form: the router's own list, with a join page that is there.
fn forms() -> impl Iterator<Item = String> {
    let forms = muster_gateway::FORMS.iter();
    forms.map(|path| path.replace("{slug}", PAGE))
}

/// Whether a call only looks.
fn only_looks(path: &str) -> bool {
    let rpc = path.rsplit('/').next().unwrap_or_default();
    ["Lookup", "List", "Get", "BatchGet"]
        .iter()
        .any(|look| rpc.starts_with(look))
}

/// As programs do that post to every form they see: with everything that a form can name, and with the token of another form.
#[tokio::test]
async fn a_form_that_is_posted_blindly_changes_nothing() {
    let fixture = Fixture::new().await;
    for is_signed_in in [false, true] {
        for path in forms() {
            let mut browser = match is_signed_in {
                true => signed_in(&fixture, "first").await,
                false => Browser::of(&fixture),
            };
            browser.get("/i/first").await;
            browser.get("/j/first").await;
            let join = format!("/join/{PAGE}");
            let elsewhere = match path.as_str() {
                "/invitation/decline" => join.as_str(),
                _ => "/invitation/decline",
            };
            let others = browser.get(elsewhere).await.form_token(elsewhere);
            for token in ["", "stale", others.as_str()] {
                let all = format!(
                    "form_token={token}&do_not_invite_again=yes&invitation={OPEN}&group=organizations/a/groups/t\
                     &location=organizations/a/locations/m&address=a%40example.org&assignment={OWN}&to={ORGANIZATIONS}\
                     &organization=organizations/a&grant=persons/p/grants/g&until=2030-01-01"
                );
                let answer = browser.post_text(&path, all).await;
                assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
            }
            let seen = fixture.backend.seen();
            let changed: Vec<_> = seen.iter().filter(|seen| !only_looks(&seen.path)).collect();
            assert!(changed.is_empty(), "{path}: {changed:?}");
            if is_signed_in {
                let page = browser.get("/invitation").await;
                assert!(page.text.contains("signed in as"), "{path}: {}", page.text);
            }
        }
    }
}

/// The policy of the pages names this host alone for forms, which some browsers take for where a form leads as well: an issuer is
/// elsewhere, so that only links lead there.
#[tokio::test]
async fn no_form_leads_to_another_host_and_links_lead_to_the_issuer() {
    let fixture = Fixture::new().await;
    for is_signed_in in [false, true] {
        for path in forms() {
            let path = path.as_str();
            let mut browser = match is_signed_in {
                true => signed_in(&fixture, "first").await,
                false => {
                    let mut browser = Browser::of(&fixture);
                    browser.get("/i/first").await;
                    browser
                }
            };
            for token in ["", "stale"] {
                let page = browser.post(path, token).await;
                assert!(!page.status.is_server_error(), "{path}: {}", page.text);
                let policy = page.headers["content-security-policy"].to_str().unwrap();
                assert!(policy.contains("form-action 'self'"), "{path}: {policy}");
                if let Some(location) = &page.location {
                    assert!(
                        location.starts_with('/') && !location.starts_with("//"),
                        "{path} leads to {location}"
                    );
                    // Nor does what it leads to by itself.
                    let next = browser.get(location).await.location;
                    assert!(
                        next.is_none_or(|next| next.starts_with('/')),
                        "{path}: {location}"
                    );
                }
            }
        }
    }
    let mut browser = Browser::of(&fixture);
    browser.get("/i/first").await;
    let page = browser.get("/invitation").await;
    for (_, form) in page
        .text
        .match_indices("<form")
        .map(|(at, _)| page.text[at..].split_once('>').unwrap())
    {
        assert!(!form.starts_with("http"), "{form}");
    }
    let link = page
        .text
        .split("href=\"")
        .find(|link| link.starts_with("/sign-in"))
        .unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let sent = browser.get(&link).await;
    assert!(sent.location.unwrap().starts_with(&fixture.issuer.url));
}

/// As from the browser inside of a mail program, whose cookies no other browser has.
#[tokio::test]
async fn every_address_of_a_page_opened_in_another_browser_leads_to_the_same_or_says_where_to_begin() {
    let fixture = Fixture::new().await;
    let mut first = signed_in(&fixture, "first").await;
    let asked = first.leave("/sign-in?to=invitation").await;
    let callback = format!("/sign-in/callback?code=1&state={}", asked["state"]);
    for (path, says) in [
        ("/invitation", "Open the link of your invitation"),
        ("/invitation/decline", "Open the link of your invitation"),
        (callback.as_str(), "You are not signed in"),
        ("/invitations", "/sign-in"),
        ("/trainings", "/sign-in"),
        ("/join/sunrise", "Sunrise"),
    ] {
        let mut other = Browser::of(&fixture);
        let mut page = other.get(path).await;
        while let Some(location) = page.location.clone() {
            page = other.get(&location).await;
        }
        assert!(
            !page.status.is_server_error() && page.text.contains(says),
            "{path}: {}",
            page.text
        );
    }
    let mut other = Browser::of(&fixture);
    let page = other.get("/i/first").await;
    assert_eq!(page.location.as_deref(), Some("/invitation"));
    let page = other.get("/invitation").await;
    assert!(
        page.text.contains("Organization first") && page.text.contains("/sign-in"),
        "{}",
        page.text
    );
    assert_eq!(accepted(&fixture), 0);
    // Nobody was signed out of the first one by that, and its link is not used up.
    let page = first.get("/invitation").await;
    let answer = first.post(ACCEPT, &page.form_token(ACCEPT)).await;
    assert_eq!(
        (answer.location.as_deref(), accepted(&fixture)),
        (Some("/invitation"), 1)
    );
}

#[tokio::test]
async fn a_form_of_a_page_that_was_drawn_before_is_answered_by_how_it_stands_now_in_the_language_of_the_page()
{
    let fixture = Fixture::new().await;
    for (reason, english, spanish) in [
        (
            "INVITATION_CANCELLED",
            "This invitation was taken back",
            "Esta invitación fue retirada",
        ),
        (
            "INVITATION_EXPIRED",
            "This invitation has expired",
            "Esta invitación ha caducado",
        ),
        (
            "LINK_REPLACED",
            "There is a newer link",
            "Hay un enlace más nuevo",
        ),
        (
            "INVITATION_CLOSED",
            "This invitation is no longer open",
            "Esta invitación ya no está abierta",
        ),
        (
            "ORGANIZATION_NOT_ACTIVE",
            "The organization is not active",
            "La organización no está activa",
        ),
        (
            "GROUP_INACTIVE",
            "This group is closed",
            "Este grupo está cerrado",
        ),
        (
            "JOIN_ADDRESS_NOT_ALLOWED",
            "This address cannot join any more",
            "Esta dirección ya no puede unirse",
        ),
        (
            "ADDRESS_MISMATCH",
            "This invitation is for somebody else",
            "Esta invitación es para otra persona",
        ),
    ] {
        for (form, language, says) in [
            (ACCEPT, "en", english),
            (ACCEPT, "es", spanish),
            ("/invitation/decline", "en", english),
            ("/invitation/decline", "es", spanish),
        ] {
            let mut browser = signed_in(&fixture, &format!("{LATE}{reason}")).await;
            let drawn = match form {
                ACCEPT => browser.get(&format!("/invitation?lang={language}")).await,
                form => browser.get(&format!("{form}?lang={language}")).await,
            };
            let answer = browser.post(form, &drawn.form_token(form)).await;
            assert!(
                answer.status.is_client_error(),
                "{form} {reason}: {}",
                answer.status
            );
            assert!(
                answer.text.contains(says),
                "{form} {reason} {language}: {}",
                answer.text
            );
            assert!(answer.text.contains(&format!("<html lang=\"{language}\">")));
        }
    }
}

//! The pages about who may read a learning record, and who did.

use std::time::Duration;

use muster_clock::Clock;
use muster_proto::records::v1::{
    ApproveGrantRequest, CreateGrantRequest, DenyGrantRequest, RevokeGrantRequest,
};
use reqwest::StatusCode;

use crate::browser::{Browser, Page, form_token};
use crate::consents::{ANSWERED, ASKS, ASLEEP, GIVEN, LEFT, NOT, grant_of};
use crate::support::Fixture;

const PAGE: &str = "/consent";
const ALLOW: &str = "/consent/allow";
const APPROVE: &str = "/consent/approve";
const DENY: &str = "/consent/deny";
const REVOKE: &str = "/consent/revoke";

async fn signed_in(fixture: &Fixture) -> Browser {
    let mut browser = Browser::of(fixture);
    let token = fixture.issuer.token("ada");
    browser.sign_in(fixture, "ada", &token).await;
    browser
}

/// What stands on the page about an organization.
fn section<'p>(page: &'p Page, organization: &str) -> &'p str {
    let heading = format!(
        "<h2>House &#38; {}</h2>",
        organization.replace("organizations/", "")
    );
    let behind = page.text.split_once(&heading).map(|(_, behind)| behind);
    let behind = behind.unwrap_or_else(|| panic!("nothing about {organization}: {}", page.text));
    behind.split("</section>").next().unwrap()
}

/// The token of a form in a section.
fn token(page: &Page, organization: &str, action: &str) -> String {
    form_token(section(page, organization), action)
}

/// Posts what a form of the page says.
async fn post(browser: &mut Browser, action: &str, token: &str, more: &str) -> Page {
    browser
        .post_text(action, format!("form_token={token}&{more}"))
        .await
}

/// Every decision that reached the records.
fn decisions(fixture: &Fixture) -> Vec<String> {
    let seen = fixture.backend.seen().into_iter();
    let rpcs = seen.map(|seen| seen.path.rsplit('/').next().unwrap().to_owned());
    rpcs.filter(|rpc| rpc.ends_with("Grant")).collect()
}

#[tokio::test]
async fn somebody_sees_where_they_work_who_may_read_who_asks_and_who_read() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK);
    for (organization, shown) in [
        (
            GIVEN,
            "Allowed since 5 March 2026, 04:05 EST (UTC-5), until 28 December 2026, 04:05 EST (UTC-5)",
        ),
        (
            GIVEN,
            "Confirmed by the organization since 3 March 2026, 04:05 EST (UTC-5)",
        ),
        (
            ASLEEP,
            "Allowed since 5 March 2026, 09:05 UTC, until you take it back",
        ),
        (
            ASLEEP,
            "Waits since 3 March 2026, 09:05 UTC until the organization confirms it",
        ),
        (
            ASLEEP,
            "Until the organization has confirmed it, its report on its staff leaves you out",
        ),
        (ASLEEP, "Nobody can read it yet"),
        (ASLEEP, "You allowed this when you said that you work there."),
        (
            ASKS,
            "Dora &#60;Director&#62; asked on 4 March 2026, 09:05 UTC to read your learning record.",
        ),
        (ASKS, "You can answer until 3 April 2026, 09:05 UTC."),
        (ASKS, "<blockquote>For the inspection.\nThank you!</blockquote>"),
        (ASKS, "Not allowed: it cannot read it"),
        (ANSWERED, "The organization asked on 4 March 2026, 09:05 UTC"),
        (
            NOT,
            "the people who administer House &#38; not can read your whole learning record",
        ),
    ] {
        let section = section(&page, organization);
        assert!(section.contains(shown), "{organization}: {shown}: {section}");
    }
    for shown in [
        "An organization whose name is not public: allowed from 5 March 2026, 09:05 UTC to 6 March 2026, 09:05 UTC, when you took it back",
        "Dora &#60;Director&#62; (owner)",
        "Your whole learning record, written into a file (PDF)",
        "You had allowed it",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    // Who waits for an answer comes first, and what may be read already is not allowed once more.
    let place = |organization| section(&page, organization).as_ptr();
    assert!(place(ASKS) < place(GIVEN) && place(ANSWERED) < place(GIVEN));
    assert!(!section(&page, GIVEN).contains("class=\"primary allow\""));
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert_eq!(decisions(&fixture), Vec::<String>::new());
}

/// What the page said is what is granted, whatever the zone is called by the time that the form is posted.
#[tokio::test]
async fn a_consent_ends_with_the_day_where_the_organization_is() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    for (organization, zone) in [(NOT, "America/Detroit"), (ASKS, "UTC")] {
        let section = section(&page, organization);
        for shown in [
            format!("Until this day is over ({zone})."),
            format!("<input type=\"hidden\" name=\"zone\" value=\"{zone}\">"),
        ] {
            assert!(section.contains(&shown), "{shown}: {section}");
        }
    }
    let mut ends = Vec::new();
    for (day, zone) in [
        // On the next day the clocks go forward; on the other one they have gone back since the midnight before.
        ("2036-03-08", "America%2FDetroit"),
        ("2036-11-02", "America%2FDetroit"),
        ("2036-03-08", ""),
        ("2036-03-08", "America%2FNowhere"),
    ] {
        let form = format!("organization={NOT}&until={day}&zone={zone}");
        let allowed = post(&mut browser, ALLOW, &token(&page, NOT, ALLOW), &form).await;
        assert_eq!(allowed.location.as_deref(), Some("/consent?done=allowed"));
        let created = fixture.backend.messages::<CreateGrantRequest>("/CreateGrant");
        let grant = created.last().unwrap().grant.clone().unwrap();
        ends.push(grant.expire_time.unwrap().seconds);
    }
    let midnight = 2_088_633_600;
    assert_eq!(
        ends,
        [
            midnight + 5 * 3_600,
            midnight + 239 * 86_400 + 5 * 3_600,
            midnight,
            midnight
        ]
    );
    let spanish = browser.get("/consent?lang=es").await;
    for shown in [
        "Permitido desde el 5 de marzo de 2026, 04:05 EST (UTC-5), hasta el 28 de diciembre de 2026, 04:05 EST (UTC-5)",
        "Hasta que termine ese día (America/Detroit).",
    ] {
        assert!(spanish.text.contains(shown), "{shown}: {}", spanish.text);
    }
}

#[tokio::test]
async fn each_button_does_one_thing_with_one_grant() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    let told = |page: Page| page.location.unwrap_or_default();

    let form = format!("organization={NOT}&until=");
    let allowed = post(&mut browser, ALLOW, &token(&page, NOT, ALLOW), &form).await;
    assert_eq!(told(allowed), "/consent?done=allowed");
    let form = format!("grant={}&until=2036-02-28", grant_of(ASKS));
    let allowed = post(&mut browser, APPROVE, &token(&page, ASKS, APPROVE), &form).await;
    assert_eq!(told(allowed), "/consent?done=allowed");
    let form = format!("grant={}", grant_of(ASKS));
    let denied = post(&mut browser, DENY, &token(&page, ASKS, DENY), &form).await;
    assert_eq!(told(denied), "/consent?done=denied");
    let form = format!("grant={}", grant_of(GIVEN));
    let revoked = post(&mut browser, REVOKE, &token(&page, GIVEN, REVOKE), &form).await;
    assert_eq!(told(revoked), "/consent?done=revoked");
    for (done, text) in [
        ("allowed", "You have allowed it."),
        ("denied", "You have not allowed it."),
        ("revoked", "You have taken it back."),
    ] {
        let page = browser.get(&format!("{PAGE}?done={done}")).await;
        assert!(page.text.contains(text), "{}", page.text);
    }
    let made_up = browser.get("/consent?done=paid").await;
    assert!(!made_up.text.contains("id=\"done\""), "{}", made_up.text);

    let created = fixture.backend.messages::<CreateGrantRequest>("/CreateGrant");
    let [created] = created.try_into().unwrap();
    let grant = created.grant.unwrap();
    assert_eq!(
        (
            created.parent.as_str(),
            grant.organization.as_str(),
            grant.expire_time,
            grant.wording.as_str()
        ),
        ("persons/me", NOT, None, "consent-page/1")
    );
    let approved = fixture.backend.messages::<ApproveGrantRequest>("/ApproveGrant");
    let [approved] = approved.try_into().unwrap();
    // The day that was chosen is over at midnight.
    assert_eq!(
        (
            approved.name,
            approved.expire_time.unwrap().seconds,
            approved.wording.as_str()
        ),
        (grant_of(ASKS), 2_087_856_000, "consent-page/1")
    );
    let denied = fixture.backend.messages::<DenyGrantRequest>("/DenyGrant");
    assert_eq!(
        denied.into_iter().map(|one| one.name).collect::<Vec<_>>(),
        [grant_of(ASKS)]
    );
    let revoked = fixture.backend.messages::<RevokeGrantRequest>("/RevokeGrant");
    assert_eq!(
        revoked.into_iter().map(|one| one.name).collect::<Vec<_>>(),
        [grant_of(GIVEN)]
    );
}

#[tokio::test]
async fn a_form_decides_only_what_it_stands_with_in_its_own_session() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    let (allow, revoke) = (token(&page, NOT, ALLOW), token(&page, GIVEN, REVOKE));
    let given = format!("grant={}", grant_of(GIVEN));
    for (action, token, more) in [
        (ALLOW, allow.as_str(), format!("organization={GIVEN}")),
        (ALLOW, "", format!("organization={NOT}")),
        (ALLOW, allow.as_str(), String::new()),
        (APPROVE, revoke.as_str(), given.clone()),
        (DENY, revoke.as_str(), given.clone()),
        (REVOKE, revoke.as_str(), format!("grant={}", grant_of(ASLEEP))),
        (REVOKE, allow.as_str(), given.clone()),
    ] {
        let answer = post(&mut browser, action, token, &more).await;
        assert_eq!(answer.location.as_deref(), Some(PAGE), "{action} {more}");
    }
    let foreign = browser
        .post_from("https://elsewhere.example", REVOKE, &revoke)
        .await;
    assert_eq!(foreign.location.as_deref(), Some(PAGE));
    let mut eve = signed_in(&fixture).await;
    assert_eq!(
        post(&mut eve, REVOKE, &revoke, &given).await.location.as_deref(),
        Some(PAGE)
    );
    let mut nobody = Browser::of(&fixture);
    assert_eq!(
        post(&mut nobody, REVOKE, &revoke, &given)
            .await
            .location
            .as_deref(),
        Some(PAGE)
    );
    for action in [ALLOW, APPROVE, DENY, REVOKE] {
        assert_eq!(browser.get(action).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(decisions(&fixture), Vec::<String>::new());
}

#[tokio::test]
async fn a_day_that_cannot_be_the_last_one_is_told_in_the_form_which_keeps_what_was_typed() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    let (allow, approve) = (token(&page, NOT, ALLOW), token(&page, ASKS, APPROVE));
    let asks = format!("grant={}", grant_of(ASKS));
    let not = format!("organization={NOT}");
    for (action, token, what, organization, typed) in [
        (ALLOW, &allow, &not, NOT, "2026-02-30"),
        (ALLOW, &allow, &not, NOT, "2020-01-01"),
        (APPROVE, &approve, &asks, ASKS, "soon<>"),
        (APPROVE, &approve, &asks, ASKS, "2020-01-01"),
    ] {
        let page = post(&mut browser, action, token, &format!("{what}&until={typed}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        let section = section(&page, organization);
        let typed = typed.replace('<', "&#60;").replace('>', "&#62;");
        assert!(
            section.contains(&format!("value=\"{typed}\"")),
            "{typed}: {section}"
        );
        assert!(section.contains("aria-invalid=\"true\""), "{section}");
        assert_eq!(page.text.matches("aria-invalid").count(), 1, "{typed}");
        assert!(page.text.contains("role=\"alert\"") && page.text.contains("<title>Error: "));
        // The language is changed by looking again.
        assert_eq!(page.link("Español").as_deref(), Some("/consent?lang=es"));
    }
    let decided = decisions(&fixture);
    assert_eq!(
        decided,
        ["CreateGrant", "ApproveGrant"],
        "those that the records were asked about"
    );
}

/// The page stood open for longer than its session, or than the issuer's token held.
#[tokio::test]
async fn a_form_that_is_posted_too_late_comes_back_with_its_page_once_they_are_signed_in() {
    const TYPED: &str = "2036-02-28";
    for (minutes, holds_for_long) in [(31, true), (10, false)] {
        let clock = Clock::fixed(Clock::system().now());
        let fixture = Fixture::at(clock.clone()).await;
        let mut browser = match holds_for_long {
            true => {
                let mut browser = Browser::of(&fixture);
                browser
                    .sign_in_for_long(&fixture, "/sign-in?to=consent", "ada")
                    .await;
                browser
            }
            false => signed_in(&fixture).await,
        };
        let page = browser.get(PAGE).await;
        let form = format!("grant={}&until={TYPED}", grant_of(ASKS));
        let approve = token(&page, ASKS, APPROVE);
        clock.advance(Duration::from_secs(minutes * 60));
        let late = post(&mut browser, APPROVE, &approve, &form).await;
        assert_eq!(late.location.as_deref(), Some(PAGE));
        for _ in 0..2 {
            let nobodys = browser.get(PAGE).await;
            for shown in ["Nothing was changed", "is kept for 15 minutes", "id=\"sign-in\""] {
                assert!(nobodys.text.contains(shown), "{shown}: {}", nobodys.text);
            }
            assert!(!nobodys.text.contains(TYPED), "{}", nobodys.text);
        }

        let link = browser.get(PAGE).await.link("Sign in").unwrap();
        let back = browser.sign_in_for_long(&fixture, &link, "ada").await;
        assert_eq!(back.location.as_deref(), Some(PAGE));
        let again = browser.get(PAGE).await;
        let asks = section(&again, ASKS);
        assert!(asks.contains(&format!("value=\"{TYPED}\"")), "{asks}");
        assert!(again.text.contains("press the button once more") && again.text.contains("<title>Error: "));
        assert_eq!(again.text.matches(TYPED).count(), 1, "in one form alone");
        assert!(!again.text.contains("aria-invalid"), "{}", again.text);
        // Nothing is decided before they press the button, and who comes later sees nothing of it.
        assert_eq!(decisions(&fixture), Vec::<String>::new());
        let later = browser.get(PAGE).await;
        assert!(!later.text.contains(TYPED) && !later.text.contains("id=\"ended\""));
        let done = post(&mut browser, APPROVE, &token(&again, ASKS, APPROVE), &form).await;
        assert_eq!(done.location.as_deref(), Some("/consent?done=allowed"));
        assert_eq!(decisions(&fixture), ["ApproveGrant"]);
    }
}

#[tokio::test]
async fn of_what_was_posted_too_late_nothing_is_shown_that_is_not_theirs() {
    let fixture = Fixture::new().await;
    let mut nobody = Browser::of(&fixture);
    // What another site has typed for them, and what no browser keeps.
    let theirs = [("organization", NOT), ("until", "2036-02-28")];
    nobody
        .post_from_with("https://elsewhere.example", ALLOW, &theirs)
        .await;
    assert!(!nobody.has("muster-form"));
    let long = format!("organization={NOT}&until={}", "9".repeat(3500));
    let answer = post(&mut nobody, ALLOW, "AAAA", &long).await;
    assert_eq!(answer.location.as_deref(), Some(PAGE));
    assert!(!nobody.has("muster-form"));

    // About something that whoever signs in then has nothing to do with.
    post(
        &mut nobody,
        ALLOW,
        "AAAA",
        "organization=organizations/elses&until=2036-02-28",
    )
    .await;
    assert!(nobody.has("muster-form"));
    nobody
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let page = nobody.get(PAGE).await;
    assert!(!page.text.contains("id=\"ended\"") && !page.text.contains("2036-02-28"));
    assert!(!nobody.has("muster-form"));

    // A button beside which nothing is typed.
    let mut browser = Browser::of(&fixture);
    post(
        &mut browser,
        REVOKE,
        "AAAA",
        &format!("grant={}", grant_of(GIVEN)),
    )
    .await;
    browser
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let page = browser.get(PAGE).await;
    assert!(page.text.contains("<p>Your sign-in had ended."), "{}", page.text);
    assert_eq!(decisions(&fixture), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_records_refuse_is_told_in_words() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let page = browser.get(PAGE).await;
    let left = format!("organization={LEFT}");
    let refused = post(&mut browser, ALLOW, &token(&page, LEFT, ALLOW), &left).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for text in [
        "Nothing was changed",
        "You do not work at this organization any more",
    ] {
        assert!(refused.text.contains(text), "{}", refused.text);
    }
    assert_eq!(
        refused.link("To who may read your learning record").as_deref(),
        Some(PAGE)
    );
    let answered = format!("grant={}", grant_of(ANSWERED));
    let refused = post(&mut browser, APPROVE, &token(&page, ANSWERED, APPROVE), &answered).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text.contains("This request was answered already"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn the_older_readings_are_behind_a_link_and_staff_beside_the_newest() {
    let fixture = Fixture::new().await;
    let mut browser = signed_in(&fixture).await;
    let newest = browser.get("/consent/readings").await;
    for shown in [
        "Dora &#60;Director&#62; (owner)",
        "Sam Staff (registry staff)",
        "House &#38; asks",
        "What is yours alone (GetLearningRecord)",
        "a complaint &#60;42&#62;",
    ] {
        assert!(newest.text.contains(shown), "{shown}: {}", newest.text);
    }
    let older = newest.link("Older readings").unwrap();
    assert_eq!(older, "/consent/readings?page=older%2B%2F%3D");
    let older = browser.get(&older).await;
    for shown in [
        "Vera Viewer (may look only)",
        "Your line in the report of all staff",
        "The newest readings",
    ] {
        assert!(older.text.contains(shown), "{shown}: {}", older.text);
    }
    assert!(!older.text.contains("Sam Staff") && older.link("Older readings").is_none());
    let nobody = Browser::of(&fixture).get("/consent/readings").await;
    assert_eq!(nobody.location.as_deref(), Some(PAGE));
}

#[tokio::test]
async fn nobody_is_shown_where_to_sign_in_and_nothing_else() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let page = browser.get(PAGE).await;
    assert_eq!(page.link("Sign in").as_deref(), Some("/sign-in?to=consent"));
    assert!(fixture.backend.seen().is_empty());
    for (path, key) in [("/trainings", "to-consent"), ("/invitations", "to-consent")] {
        let mut browser = signed_in(&fixture).await;
        assert!(browser.get(path).await.text.contains(key), "{path}");
    }
}

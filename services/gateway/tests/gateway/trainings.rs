//! The page of what whoever is signed in has to take.

use muster_proto::records::v1::{
    DownloadPersonCertificateRequest, ListPersonAssignmentsRequest, ListProgressTransfersRequest,
    TransferProgressRequest,
};
use muster_refusal::ErrorReason;
use reqwest::StatusCode;

use crate::backend::{CERTIFICATE, NO_TOKEN, ORGANIZATIONS, OWN};
use crate::browser::Browser;
use crate::support::Fixture;

const PAGE: &str = "/trainings";
const TRANSFER: &str = "/trainings/transfer";
/// Where it says that something was moved.
const MOVED: &str = "/trainings?moved=1";

/// What a page says of a form that did nothing.
const UNCHANGED: &str = "Nothing was changed";
const AGAIN: &str = "press the button once more";

/// What the form posts that moves what they have begun by themself.
fn form(token: &str) -> String {
    format!("form_token={token}&assignment={OWN}&to={ORGANIZATIONS}")
}

fn moved(fixture: &Fixture) -> Vec<TransferProgressRequest> {
    fixture
        .backend
        .messages::<TransferProgressRequest>("/TransferProgress")
}

#[tokio::test]
async fn a_learner_sees_what_is_due_and_moves_what_they_began_by_themself() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let nobodys = browser.get(PAGE).await;
    assert!(nobodys.text.contains("id=\"sign-in\""), "{}", nobodys.text);
    assert!(!nobodys.text.contains("First Aid"), "{}", nobodys.text);
    browser
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let page = browser.get(PAGE).await;
    for shown in [
        "First Aid &#60;b&#62;",
        "Begun (30 %)",
        "<dd>Yourself</dd>",
        // What it can be moved to stands on the other page.
        "House &#38; a has assigned this training to you, too.",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert_eq!(page.text.matches("class=\"primary transfer\"").count(), 1);
    assert!(!page.text.contains("<script"), "{}", page.text);

    let token = page.form_token(TRANSFER);
    for refused in [
        form(""),
        form(&token).replace(ORGANIZATIONS, "persons/p/assignments/other"),
    ] {
        let answer = browser.post_text(TRANSFER, refused).await;
        assert_eq!(answer.location.as_deref(), Some(PAGE));
        let told = browser.get(PAGE).await;
        for shown in [UNCHANGED, AGAIN, "<title>Error: "] {
            assert!(told.text.contains(shown), "{shown}: {}", told.text);
        }
        let later = browser.get(PAGE).await;
        assert!(!later.text.contains("id=\"ended\""), "{}", later.text);
    }
    assert!(moved(&fixture).is_empty());
    let answer = browser.post_text(TRANSFER, form(&token)).await;
    assert_eq!(answer.location.as_deref(), Some(MOVED));
    let told = browser.get(MOVED).await;
    assert!(
        told.text.contains("you go on for your organization."),
        "{}",
        told.text
    );
    let expected = TransferProgressRequest {
        name: OWN.to_owned(),
        to: ORGANIZATIONS.to_owned(),
        request_id: String::new(),
    };
    assert_eq!(moved(&fixture), [expected]);
}

/// The page stood open for longer than its session.
#[tokio::test]
async fn a_move_that_is_posted_too_late_is_asked_for_again_once_they_are_signed_in() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let token = fixture.issuer.token("ada");
    browser.sign_in(&fixture, "ada", &token).await;
    let late = form(&browser.get(PAGE).await.form_token(TRANSFER));
    browser.put("muster-session", "");
    let answer = browser.post_text(TRANSFER, late).await;
    assert_eq!(answer.location.as_deref(), Some(PAGE));
    let nobodys = browser.get(PAGE).await;
    for shown in [
        UNCHANGED,
        "Your sign-in had ended before you pressed the button.",
        "id=\"sign-in\"",
    ] {
        assert!(nobodys.text.contains(shown), "{shown}: {}", nobodys.text);
    }

    browser.sign_in(&fixture, "ada", &token).await;
    let again = browser.get(PAGE).await;
    assert!(again.text.contains(AGAIN), "{}", again.text);
    // All of theirs stand there, wherever the form stood before.
    let asked = fixture
        .backend
        .messages::<ListPersonAssignmentsRequest>("/ListPersonAssignments");
    let sizes: Vec<i32> = asked.iter().map(|asked| asked.page_size).collect();
    assert_eq!(sizes.iter().filter(|size| **size == 50).count(), 1, "{sizes:?}");
    assert!(
        moved(&fixture).is_empty(),
        "nothing is moved before the button is pressed"
    );
    let answer = browser
        .post_text(TRANSFER, form(&again.form_token(TRANSFER)))
        .await;
    assert_eq!(answer.location.as_deref(), Some(MOVED));
    assert_eq!(moved(&fixture).len(), 1);
}

#[tokio::test]
async fn whatever_stands_against_a_move_is_told_in_words() {
    use ErrorReason as R;
    let fixture = Fixture::new().await;
    let mut english = Browser::reading(&fixture, "en");
    let mut spanish = Browser::reading(&fixture, "es");
    for browser in [&mut english, &mut spanish] {
        let token = fixture.issuer.token("ada");
        browser.sign_in(&fixture, "ada", &token).await;
    }
    for (reason, status, words, palabras) in [
        (
            R::AssignmentCompleted,
            StatusCode::CONFLICT,
            "One of the two is completed by now",
            "Una de las dos ya está completada",
        ),
        (
            R::AssignmentClosed,
            StatusCode::CONFLICT,
            "its progress was moved already",
            "su progreso ya se trasladó",
        ),
        (
            R::AssignmentNotOwn,
            StatusCode::CONFLICT,
            "goes on only as what an organization has assigned to you",
            "algo que una organización le asignó",
        ),
        (
            R::TrainingDiffers,
            StatusCode::CONFLICT,
            "two different trainings",
            "dos formaciones distintas",
        ),
        (
            R::NotFound,
            StatusCode::NOT_FOUND,
            "There is nothing of yours by this name any more.",
            "Ya no hay nada suyo con este nombre.",
        ),
        (
            R::RateLimited,
            StatusCode::TOO_MANY_REQUESTS,
            "Wait a minute and try again.",
            "Espere un minuto",
        ),
        (
            R::DeadlineExceeded,
            StatusCode::SERVICE_UNAVAILABLE,
            "We did not hear in time whether it was done.",
            "No supimos a tiempo si se hizo.",
        ),
    ] {
        fixture.backend.moves_nothing(reason);
        for (browser, said, back) in [
            (&mut english, words, "To your trainings"),
            (&mut spanish, palabras, "A sus formaciones"),
        ] {
            let token = browser.get(PAGE).await.form_token(TRANSFER);
            let refused = browser.post_text(TRANSFER, form(&token)).await;
            assert_eq!(refused.status, status, "{reason:?}: {}", refused.text);
            assert!(refused.text.contains(said), "{reason:?}: {}", refused.text);
            assert_eq!(refused.link(back).as_deref(), Some(PAGE), "{reason:?}");
        }
    }
}

#[tokio::test]
async fn what_was_moved_is_listed_with_who_moved_it_and_why() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let token = fixture.issuer.token("ada");
    browser.sign_in(&fixture, "ada", &token).await;
    let newest = browser.get(PAGE).await;
    for shown in [
        "Progress that was moved",
        "<h3>First Aid &#60;b&#62;</h3>",
        "<dd>3 March 2026, 04:05 EST (UTC-5)</dd>",
        "<dd>Another sign-in of yours (60 %)</dd>",
        "<dd>House &#38; a (0 %)</dd>",
        "<dd>Registry staff moved it: asked by &#60;telephone&#62;</dd>",
        "<dd>What you took by yourself (30 %)</dd>",
        "<dd>You moved it</dd>",
    ] {
        assert!(newest.text.contains(shown), "{shown}: {}", newest.text);
    }
    let asked = fixture
        .backend
        .messages::<ListProgressTransfersRequest>("/ListProgressTransfers");
    assert_eq!((asked[0].page_size, asked[0].page_token.as_str()), (50, ""));

    let older = newest.link("What was moved longer ago").unwrap();
    assert_eq!(older, "/trainings?moves=older%2B%2F%3D");
    let older = browser.get(&older).await;
    for shown in [
        "<dd>What you took by yourself (10 %)</dd>",
        "<dd>An organization whose name is not public, under another sign-in of yours (5 %)</dd>",
    ] {
        assert!(older.text.contains(shown), "{shown}: {}", older.text);
    }
    // Nothing else stands there, and behind the older trainings no moves do.
    assert!(!older.text.contains("invitation training") && !older.text.contains("id=\"none\""));
    assert_eq!(older.link("The newest trainings").as_deref(), Some(PAGE));
    let trainings = browser.get(&format!("{PAGE}?page=older%2B%2F%3D")).await;
    assert!(!trainings.text.contains("id=\"moves\""), "{}", trainings.text);
    let spanish = browser.get(&format!("{PAGE}?lang=es")).await;
    for shown in [
        "Otro inicio de sesión suyo (60 %)",
        "Lo trasladó el personal del registro: asked by",
        "Lo trasladó usted",
    ] {
        assert!(spanish.text.contains(shown), "{shown}: {}", spanish.text);
    }
    let gone = browser.get(&format!("{PAGE}?moves={NO_TOKEN}")).await;
    assert_eq!(gone.location.as_deref(), Some(PAGE));
}

#[tokio::test]
async fn what_was_longer_ago_is_behind_a_link_and_each_says_whose_it_is_and_how_long_it_is_valid() {
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    browser
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let newest = browser.get(PAGE).await;
    for shown in [
        "<dd>House &#38; a</dd>",
        "<dd>3 March 2026, 04:05 EST (UTC-5)</dd>",
        "NUMBER-c",
        // By the clocks of its paper, not by those of where the organization is now.
        "Until 31 December 2099, 18:00 CST (UTC-6)",
    ] {
        assert!(newest.text.contains(shown), "{shown}: {}", newest.text);
    }
    assert!(newest.link("The newest trainings").is_none());
    let asked = fixture
        .backend
        .messages::<ListPersonAssignmentsRequest>("/ListPersonAssignments");
    assert_eq!((asked[0].page_size, asked[0].page_token.as_str()), (50, ""));

    let older = newest.link("Older trainings").unwrap();
    assert_eq!(older, "/trainings?page=older%2B%2F%3D");
    let older = browser.get(&older).await;
    for shown in [
        "Not begun (0 %)",
        "2026-03-02, until the end of the day (America/Detroit)",
        "This training is late",
        "<dd>House &#38; a</dd>",
        "<dd>House &#38; b</dd>",
        "<dd>An organization whose name is not public</dd>",
        "NUMBER-old",
        "No more, since 3 March 2026, 09:05 UTC",
        "NUMBER-ever",
        "<dd>For ever</dd>",
    ] {
        assert!(older.text.contains(shown), "{shown}: {}", older.text);
    }
    assert!(!older.text.contains("Begun (30 %)") && older.link("Older trainings").is_none());
    assert_eq!(older.link("The newest trainings").as_deref(), Some(PAGE));
    let spanish = browser.get(&format!("{PAGE}?page=older%2B%2F%3D&lang=es")).await;
    for shown in [
        "Terminó el 3 de marzo de 2026",
        "Sin fecha de fin",
        "Las formaciones más recientes",
    ] {
        assert!(spanish.text.contains(shown), "{shown}: {}", spanish.text);
    }
    let spanish = browser.get(&format!("{PAGE}?lang=es")).await;
    for shown in [
        "Formaciones anteriores",
        "Hasta el 31 de diciembre de 2099, 18:00 CST (UTC-6)",
    ] {
        assert!(spanish.text.contains(shown), "{shown}: {}", spanish.text);
    }
    // A link that has become too old begins anew.
    let gone = browser.get(&format!("{PAGE}?page={NO_TOKEN}")).await;
    assert_eq!(gone.location.as_deref(), Some(PAGE));
}

#[tokio::test]
async fn a_learner_takes_a_certificate_with_them() {
    let link = "/trainings/certificates/c";
    let fixture = Fixture::new().await;
    let mut browser = Browser::of(&fixture);
    let nobodys = browser.get(link).await;
    assert_eq!(nobodys.location.as_deref(), Some(PAGE));
    browser
        .sign_in(&fixture, "ada", &fixture.issuer.token("ada"))
        .await;
    let page = browser.get(PAGE).await;
    assert!(page.text.contains(&format!("href=\"{link}\"")), "{}", page.text);
    let file = browser.get(link).await;
    assert_eq!((file.status.as_u16(), file.text.as_str()), (200, "%PDF-1.7"));
    assert_eq!(file.headers["content-type"], "application/pdf");
    assert_eq!(
        file.headers["content-disposition"],
        r#"attachment; filename="certificate-7Z.pdf""#
    );
    assert_eq!(file.headers["cache-control"], "no-store");
    let gone = browser.get("/trainings/certificates/none").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(
        gone.text.contains("There is no such certificate"),
        "{}",
        gone.text
    );
    assert_eq!(gone.link("To your trainings").as_deref(), Some(PAGE));
    // In which they read the page, they read what is on paper.
    let spanish = browser.get(&format!("{PAGE}?lang=es")).await;
    assert!(spanish.text.contains("Descargar (PDF)"), "{}", spanish.text);
    assert_eq!(browser.get(link).await.headers["content-language"], "es");
    let asked = fixture
        .backend
        .messages::<DownloadPersonCertificateRequest>("/DownloadPersonCertificate");
    let wanted = |language: &str| DownloadPersonCertificateRequest {
        name: CERTIFICATE.to_owned(),
        language: language.to_owned(),
    };
    let mine: Vec<_> = asked.into_iter().filter(|one| one.name == CERTIFICATE).collect();
    assert_eq!(mine, [wanted("en"), wanted("es")]);
}

//! The page of what whoever is signed in has to take.

use muster_proto::records::v1::{
    DownloadPersonCertificateRequest, ListPersonAssignmentsRequest, TransferProgressRequest,
};

use crate::backend::{CERTIFICATE, NO_TOKEN, ORGANIZATIONS, OWN};
use crate::browser::Browser;
use crate::support::Fixture;

const PAGE: &str = "/trainings";
const TRANSFER: &str = "/trainings/transfer";

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
    let form = |token: &str, to: &str| format!("form_token={token}&assignment={OWN}&to={to}");
    for refused in [
        form("", ORGANIZATIONS),
        form(&token, "persons/p/assignments/other"),
    ] {
        let answer = browser.post_text(TRANSFER, refused).await;
        assert_eq!(answer.location.as_deref(), Some(PAGE));
    }
    assert!(moved(&fixture).is_empty());
    let answer = browser.post_text(TRANSFER, form(&token, ORGANIZATIONS)).await;
    assert_eq!(answer.location.as_deref(), Some(PAGE));
    let expected = TransferProgressRequest {
        name: OWN.to_owned(),
        to: ORGANIZATIONS.to_owned(),
        request_id: String::new(),
    };
    assert_eq!(moved(&fixture), [expected]);
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
    let asked = fixture
        .backend
        .messages::<DownloadPersonCertificateRequest>("/DownloadPersonCertificate");
    let wanted = DownloadPersonCertificateRequest {
        name: CERTIFICATE.to_owned(),
    };
    assert_eq!(asked, [wanted]);
}

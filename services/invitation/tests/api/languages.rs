//! In which language people are written to: what the inviter says, what the join page says, what the organization speaks.

use muster_proto::invitation::v1::join_request_service_client::JoinRequestServiceClient;
use muster_proto::invitation::v1::{Invitation, RequestToJoinRequest};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, reason};
use crate::join_requests::{last_mail, listed, token, verify};
use crate::resend::resend;

const SPANISH: &str = "UPDATE organizations SET language = 'es'";

fn in_language(fixture: &Fixture, address: &str, language: &str) -> Invitation {
    Invitation {
        language: language.to_owned(),
        ..fixture.wanted(address, &[&fixture.nurses])
    }
}

async fn invited(fixture: &Fixture, address: &str, language: &str) -> Invitation {
    fixture
        .create_this(in_language(fixture, address, language))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_speaks_as_the_inviter_says_or_else_as_the_organization_does() {
    let fixture = Fixture::new().await;
    assert_eq!(invited(&fixture, "ada@example.com", "").await.language, "en");
    let made = invited(&fixture, "eva@example.com", "es").await;
    assert_eq!(made.language, "es");
    assert_eq!(fixture.mail(&made.name, 1).await.unwrap().locale, "es");
    fixture.profile_sql(SPANISH).await;
    assert_eq!(invited(&fixture, "bob@example.com", "").await.language, "es");
    assert_eq!(invited(&fixture, "cleo@example.com", "en").await.language, "en");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_sent_again_speaks_as_the_first_one_did() {
    let fixture = Fixture::new().await;
    let made = invited(&fixture, "ada@example.com", "").await;
    let first = fixture.mail(&made.name, 1).await.unwrap();
    fixture.profile_sql(SPANISH).await;
    assert_eq!(
        fixture.mail(&made.name, 1).await.unwrap(),
        first,
        "the same bytes"
    );
    // Who is invited once more is written to as before.
    let again = invited(&fixture, "ada@example.com", "es").await;
    assert_eq!((again.name, again.language.as_str()), (made.name.clone(), "en"));
    let resent = resend(&fixture, &made.name).await.unwrap();
    assert_eq!(resent.language, "en");
    assert_eq!(fixture.mail(&made.name, 1).await.unwrap().locale, "en");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_language_of_ours_is_refused_with_everything_else() {
    let fixture = Fixture::new().await;
    for language in ["de", "ES", "es-MX", " es", "e"] {
        let refused = fixture
            .create_this(in_language(&fixture, "nobody at", language))
            .await;
        let status = refused.unwrap_err();
        let violations = muster_refusal::fields_of(&status);
        assert!(
            violations.iter().any(|field| field == "invitation.language")
                && violations.iter().any(|field| field == "invitation.address"),
            "{language}: {violations:?}"
        );
        assert_eq!(
            reason(Err::<(), _>(status)),
            muster_proto::error::v1::ErrorReason::InvalidRequest
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_to_join_is_written_to_as_they_read_the_page() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    fixture.open_join_page("sunrise", "").await;
    for (address, language, expected) in [("ada@example.com", "", "en"), ("eva@example.com", "es", "es")] {
        let request = RequestToJoinRequest {
            slug: "sunrise".to_owned(),
            group: fixture.group_name(&fixture.nurses),
            location: fixture.location.clone(),
            address: address.to_owned(),
            language: language.to_owned(),
        };
        let mut client = JoinRequestServiceClient::new(fixture.as_who(TestCaller::Anonymous));
        client.request_to_join(request).await.unwrap();
        assert_eq!(last_mail(&fixture).await.locale, expected);
        let link = token(&fixture).await;
        verify(&fixture, &link).await.unwrap();
        let made = listed(&fixture).await;
        let made = made.iter().find(|made| made.address == address).unwrap();
        assert_eq!(made.language, expected);
    }
}

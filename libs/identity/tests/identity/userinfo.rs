//! Addresses that an issuer tells only when it is asked.

use std::time::Duration;

use muster_identity::oidc::{IssuerOptions, PersonVerifier, Profile};
use muster_identity::{PersonCaller, TokenProblem};
use serde_json::{Value, json};

use crate::issuer::{AUDIENCE, Issuer};
use crate::support::{clock, now};

/// A token that says who it is, and no more.
fn silent(issuer: &Issuer) -> String {
    let mut claims = issuer.claims();
    for claim in ["email", "email_verified", "name"] {
        claims.as_object_mut().unwrap().remove(claim);
    }
    issuer.signed(&claims)
}

fn told() -> Value {
    json!({ "sub": "somebody", "name": "Some Body", "email": "some.body@example.org", "email_verified": true })
}

fn emails(person: &PersonCaller) -> Vec<&str> {
    person.emails.iter().map(|email| email.as_given()).collect()
}

#[tokio::test]
async fn a_silent_token_gets_its_address_where_the_issuer_tells_it_and_is_asked_about_once() {
    let (issuer, clock) = (Issuer::start().await, clock());
    issuer.tells(200, told());
    let (verifier, token) = (issuer.verifier_at(clock.clone()), silent(&issuer));
    let asking = (0..20).map(|_| {
        let (verifier, token) = (verifier.clone(), token.clone());
        tokio::spawn(async move { verifier.verify_with_address(&token).await.unwrap() })
    });
    for person in asking.collect::<Vec<_>>() {
        let person = person.await.unwrap();
        assert_eq!(emails(&person), ["some.body@example.org"]);
        assert_eq!(person.name.as_deref(), Some("Some Body"));
    }
    clock.advance(Duration::from_secs(200));
    verifier.verify_with_address(&token).await.unwrap();
    assert_eq!(issuer.asked_about(), std::slice::from_ref(&token));
    // Nothing outlives the token.
    clock.advance(Duration::from_secs(200));
    let over = verifier.verify_with_address(&token).await.unwrap_err();
    assert_eq!(over, TokenProblem::Expired);
}

#[tokio::test]
async fn nobody_is_asked_where_the_token_speaks_or_the_issuer_is_not_trusted_or_no_address_is_needed() {
    let issuer = Issuer::start().await;
    issuer.tells(200, told());
    let verifier = issuer.verifier();
    let person = verifier.verify_with_address(&issuer.good()).await.unwrap();
    assert_eq!(emails(&person), ["some.body@example.org"]);
    let mut unverified = issuer.claims();
    unverified["email_verified"] = json!(false);
    let unverified = issuer.signed(&unverified);
    assert!(
        verifier
            .verify_with_address(&unverified)
            .await
            .unwrap()
            .emails
            .is_empty()
    );
    assert!(verifier.verify(&silent(&issuer)).await.unwrap().emails.is_empty());
    let distrusted = IssuerOptions {
        trust_email: false,
        ..issuer.options()
    };
    let distrusting = PersonVerifier::new(vec![distrusted], clock()).unwrap();
    let email = "some.body@example.org".parse().ok();
    distrusting
        .remember(&silent(&issuer), Profile { name: None, email })
        .await;
    let person = distrusting.verify_with_address(&silent(&issuer)).await.unwrap();
    assert!(person.emails.is_empty());
    assert_eq!(issuer.asked_about(), [""; 0]);
}

#[tokio::test]
async fn a_token_that_is_not_believed_is_shown_to_nobody() {
    let issuer = Issuer::start().await;
    issuer.tells(200, told());
    let verifier = issuer.verifier();
    let token = silent(&issuer);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", "A".repeat(86));
    assert_eq!(
        verifier.verify_with_address(&forged).await.unwrap_err(),
        TokenProblem::Signature
    );
    assert_eq!(issuer.asked_about(), [""; 0]);
}

#[tokio::test]
async fn an_answer_that_tells_no_address_makes_nobody_somebody_else() {
    let other = json!({ "sub": "other", "email": "other@example.org", "email_verified": true });
    let unverified = json!({ "sub": "somebody", "email": "some.body@example.org" });
    for (status, answer) in [
        (200, other),
        (200, unverified),
        (200, json!("a page")),
        (401, told()),
        (403, told()),
    ] {
        let (issuer, clock) = (Issuer::start().await, clock());
        issuer.tells(status, answer.clone());
        let (verifier, token) = (issuer.verifier_at(clock.clone()), silent(&issuer));
        for _ in 0..2 {
            let person = verifier.verify_with_address(&token).await.unwrap();
            assert!(person.emails.is_empty(), "{status} {answer}");
        }
        assert_eq!(issuer.asked_about().len(), 1, "{status} {answer}");
        // People confirm their address, and come back.
        issuer.tells(200, told());
        clock.advance(Duration::from_secs(60));
        let person = verifier.verify_with_address(&token).await.unwrap();
        assert_eq!(emails(&person), ["some.body@example.org"], "{status} {answer}");
    }
}

#[tokio::test]
async fn an_issuer_without_such_an_endpoint_tells_no_address() {
    let issuer = Issuer::start().await;
    let person = issuer
        .verifier()
        .verify_with_address(&silent(&issuer))
        .await
        .unwrap();
    assert!(person.emails.is_empty());
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told_and_nothing_is_remembered_of_it() {
    let issuer = Issuer::start().await;
    let (verifier, token) = (issuer.verifier(), silent(&issuer));
    for status in [500, 503, 429, 404] {
        issuer.tells(status, told());
        let away = verifier.verify_with_address(&token).await.unwrap_err();
        assert_eq!(away, TokenProblem::AddressUnavailable, "{status}");
        assert!(
            verifier.verify(&token).await.is_ok(),
            "who needs no address is not hurt"
        );
    }
    issuer.tells(200, told());
    assert!(
        !verifier
            .verify_with_address(&token)
            .await
            .unwrap()
            .emails
            .is_empty()
    );
}

#[tokio::test]
async fn one_that_says_nothing_at_all_is_not_waited_for() {
    let issuer = Issuer::start().await;
    issuer.tells(200, told());
    let verifier = issuer.verifier();
    verifier.verify(&silent(&issuer)).await.unwrap();
    issuer.answering(false);
    let many = (0..40).map(|number| {
        let claims = json!({
            "iss": issuer.url, "sub": format!("somebody-{number}"), "aud": AUDIENCE, "exp": now() + 300,
        });
        let (verifier, token) = (verifier.clone(), issuer.signed(&claims));
        tokio::spawn(async move { verifier.verify_with_address(&token).await })
    });
    for asked in many.collect::<Vec<_>>() {
        assert_eq!(
            asked.await.unwrap().unwrap_err(),
            TokenProblem::AddressUnavailable
        );
    }
}

#[tokio::test]
async fn what_the_id_token_said_is_not_asked_for() {
    let issuer = Issuer::start().await;
    issuer.tells(503, Value::Null);
    let (verifier, token) = (issuer.verifier(), silent(&issuer));
    let profile = Profile {
        name: Some("Some Body".to_owned()),
        email: "some.body@example.org".parse().ok(),
    };
    verifier.remember(&token, profile).await;
    let person = verifier.verify_with_address(&token).await.unwrap();
    assert_eq!(emails(&person), ["some.body@example.org"]);
    assert_eq!(issuer.asked_about(), [""; 0]);
}

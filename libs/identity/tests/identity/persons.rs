//! What is believed of a person, and when keys are fetched.

use std::time::Duration;

use muster_identity::oidc::{IssuerOptions, PersonVerifier};
use muster_identity::{PersonCaller, TokenProblem};
use muster_ids::PersonId;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::{Keys, clock, now, token};

async fn person(issuer: &Issuer, change: impl Fn(&mut Value)) -> PersonCaller {
    let mut claims = issuer.claims();
    change(&mut claims);
    issuer.verifier().verify(&issuer.signed(&claims)).await.unwrap()
}

fn emails(person: &PersonCaller) -> Vec<&str> {
    person.emails.iter().map(|email| email.as_given()).collect()
}

#[tokio::test]
async fn a_person_is_known_by_issuer_and_subject() {
    let issuer = Issuer::start().await;
    let person = person(&issuer, |_| ()).await;
    assert_eq!(person.id, PersonId::derive(&issuer.url, "somebody"));
    assert_eq!(person.name.as_deref(), Some("Some Body"));
    assert_eq!(emails(&person), ["some.body@example.org"]);
    assert!(!person.staff && person.access.is_none());
}

#[tokio::test]
async fn keys_of_all_three_kinds_are_believed() {
    let issuer = Issuer::start().await;
    let (verifier, claims, keys) = (issuer.verifier(), issuer.claims(), &issuer.keys);
    let ec = token(
        &json!({ "alg": "ES256", "kid": "ec", "typ": "at+jwt" }),
        &claims,
        |message| keys.ec_sign(message),
    );
    let rsa = token(&json!({ "alg": "RS256", "kid": "rsa" }), &claims, |message| {
        keys.rsa_sign(message)
    });
    for token in [issuer.good(), ec, rsa] {
        verifier.verify(&token).await.unwrap();
    }
}

#[tokio::test]
async fn times_are_forgiven_thirty_seconds_and_one_audience_of_several_will_do() {
    let issuer = Issuer::start().await;
    person(&issuer, |claims| claims["exp"] = json!(now() - 29)).await;
    person(&issuer, |claims| claims["nbf"] = json!(now() + 30)).await;
    person(&issuer, |claims| claims["exp"] = json!(now() as f64 + 0.5)).await;
    person(&issuer, |claims| claims["aud"] = json!(["other", "muster"])).await;
}

#[tokio::test]
async fn a_name_shows_all_that_it_holds_or_is_none() {
    let issuer = Issuer::start().await;
    let name = async |given: &str| person(&issuer, |claims| claims["name"] = json!(given)).await.name;
    for unseen in
        "\u{ad}\u{61c}\u{115f}\u{200b}\u{200d}\u{202e}\u{2066}\u{2800}\u{3164}\u{feff}\u{e0041}".chars()
    {
        assert_eq!(name(&format!("{unseen} {unseen}")).await, None, "{unseen:?}");
        let hidden = format!("{unseen}Ada {unseen}L{unseen}");
        assert_eq!(name(&hidden).await.as_deref(), Some("Ada L"), "{unseen:?}");
    }
    assert_eq!(name("Ada\r\nL").await.as_deref(), Some("AdaL"));
    let persian = "\u{645}\u{6cc}\u{200c}\u{631}";
    assert_eq!(
        name(persian).await.as_deref(),
        Some(persian),
        "as the script is written"
    );
}

#[tokio::test]
async fn only_a_verified_address_of_a_trusted_issuer_counts() {
    let issuer = Issuer::start().await;
    for verified in [json!(false), json!("true"), json!(1), Value::Null] {
        let person = person(&issuer, |claims| claims["email_verified"] = verified.clone()).await;
        assert!(person.emails.is_empty(), "{verified}");
    }
    let unreadable = person(&issuer, |claims| claims["email"] = json!("not an address")).await;
    assert!(unreadable.emails.is_empty());
    let distrusted = IssuerOptions {
        trust_email: false,
        ..issuer.options()
    };
    let verifier = PersonVerifier::new(vec![distrusted], clock()).unwrap();
    assert!(verifier.verify(&issuer.good()).await.unwrap().emails.is_empty());
}

#[tokio::test]
async fn a_rotated_key_is_believed_after_one_fetch_and_a_withdrawn_one_is_not() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    verifier.verify(&issuer.good()).await.unwrap();
    let fresh = Keys::new();
    let mut jwk = fresh.ed_jwk();
    jwk["kid"] = json!("fresh");
    issuer.publish(json!({ "keys": [jwk] }));
    let header = json!({ "alg": "EdDSA", "kid": "fresh" });
    clock.advance(Duration::from_secs(31));
    let rotated = token(&header, &issuer.claims(), |message| fresh.ed_sign(message));
    verifier.verify(&rotated).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
    assert_eq!(
        verifier.verify(&issuer.good()).await.unwrap_err(),
        TokenProblem::UnknownKey
    );
}

#[tokio::test]
async fn whatever_arrives_there_is_one_fetch_in_thirty_seconds() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    let unknown = |number: usize| {
        let header = json!({ "alg": "EdDSA", "kid": format!("kid-{number}") });
        token(&header, &issuer.claims(), |message| issuer.keys.ed_sign(message))
    };
    let tokens: Vec<String> = (0..200).map(unknown).collect();
    let all_at_once = tokens.iter().map(|token| {
        let (verifier, token) = (verifier.clone(), token.clone());
        tokio::spawn(async move { verifier.verify(&token).await.unwrap_err() })
    });
    for refused in all_at_once.collect::<Vec<_>>() {
        assert_eq!(refused.await.unwrap(), TokenProblem::UnknownKey);
    }
    assert_eq!(issuer.fetches(), 1);
    // Honest people are not hurt by it.
    verifier.verify(&issuer.good()).await.unwrap();
    clock.advance(Duration::from_secs(30));
    for number in 0..50 {
        verifier.verify(&unknown(number)).await.unwrap_err();
    }
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn an_issuer_that_is_away_for_an_hour_hurts_nobody_whose_key_is_known() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    verifier.verify(&issuer.good()).await.unwrap();
    issuer.away(true);
    for _ in 0..60 {
        clock.advance(Duration::from_secs(60));
        let mut claims = issuer.claims();
        claims["exp"] = json!(clock.now().unix_timestamp() + 60);
        verifier.verify(&issuer.signed(&claims)).await.unwrap();
    }
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_keep_the_keys_from_everybody_else() {
    let issuer = Issuer::start().await;
    let (verifier, good) = (issuer.verifier(), issuer.good());
    issuer.answering(false);
    tokio::select! {
        _ = verifier.verify(&good) => panic!("nothing answered yet"),
        () = async { while !issuer.is_asked() { tokio::task::yield_now().await } } => {}
    }
    issuer.answering(true);
    // The clock stands still: another fetch is not due.
    verifier.verify(&good).await.unwrap();
}

#[tokio::test]
async fn keys_that_were_never_fetched_are_unavailable_not_wrong() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    issuer.away(true);
    let refused = async || verifier.verify(&issuer.good()).await.unwrap_err();
    let unavailable_for = |seconds| TokenProblem::IssuerUnavailable(Duration::from_secs(seconds));
    assert_eq!(refused().await, unavailable_for(30));
    issuer.away(false);
    clock.advance(Duration::from_secs(19));
    assert_eq!(refused().await, unavailable_for(11));
    clock.advance(Duration::from_secs(11));
    verifier.verify(&issuer.good()).await.unwrap();
}

#[tokio::test]
async fn a_document_of_symmetric_keys_is_no_key_set() {
    let issuer = Issuer::start().await;
    issuer.publish(json!({ "keys": [{ "kty": "oct", "kid": "ed", "k": "c2VjcmV0" }] }));
    assert_eq!(
        issuer.verifier().verify(&issuer.good()).await.unwrap_err(),
        TokenProblem::IssuerUnavailable(Duration::from_secs(30))
    );
}

#[tokio::test]
async fn an_id_token_is_for_one_client_and_one_sign_in() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier();
    let mut claims = issuer.claims();
    claims["aud"] = json!("pages");
    claims["nonce"] = json!("n-1");
    let token = issuer.signed(&claims);
    let verify = async |url: &str, client: &str, nonce: &str| {
        verifier
            .verify_id_token(&token, url, client, nonce)
            .await
            .map(|person| person.id)
    };
    assert!(verify(&issuer.url, "pages", "n-1").await.is_ok());
    assert_eq!(
        verify(&issuer.url, "pages", "n-2").await,
        Err(TokenProblem::Claim("nonce"))
    );
    assert_eq!(
        verify(&issuer.url, "muster", "n-1").await,
        Err(TokenProblem::Audience)
    );
    assert_eq!(
        verify("https://other.example", "pages", "n-1").await,
        Err(TokenProblem::Issuer)
    );
    assert_eq!(verifier.verify(&token).await.unwrap_err(), TokenProblem::Audience);
}

#[test]
fn only_issuers_that_can_be_asked_safely_are_configured() {
    let options = |url: &str| IssuerOptions {
        url: url.to_owned(),
        audience: "muster".to_owned(),
        typed: false,
        trust_email: false,
        staff: None,
    };
    let usable = |url: &str| PersonVerifier::new(vec![options(url)], clock()).is_ok();
    assert!(
        usable("https://id.example.org")
            && usable("http://127.0.0.1:9000")
            && usable("http://localhost:9000")
    );
    for bad in [
        "http://id.example.org",
        "http://127.0.0.1.evil.example",
        "ftp://id.example.org",
        "id.example.org",
        "",
    ] {
        assert!(!usable(bad), "{bad}");
    }
    let problems = PersonVerifier::new(vec![options("a"), options("b"), options("b")], clock()).unwrap_err();
    assert_eq!(problems.len(), 3);
}

#[tokio::test]
async fn an_id_token_is_no_access_token_where_access_tokens_say_what_they_are() {
    let issuer = Issuer::start().await;
    let typed = IssuerOptions {
        typed: true,
        ..issuer.options()
    };
    let verifier = PersonVerifier::new(vec![typed], clock()).unwrap();
    let of_type = |typ: &str| {
        token(
            &json!({ "alg": "EdDSA", "kid": "ed", "typ": typ }),
            &issuer.claims(),
            |message| issuer.keys.ed_sign(message),
        )
    };
    assert_eq!(
        verifier.verify(&of_type("JWT")).await.unwrap_err(),
        TokenProblem::Type
    );
    assert!(verifier.verify(&of_type("at+jwt")).await.is_ok());
    assert!(
        issuer.verifier().verify(&of_type("JWT")).await.is_ok(),
        "elsewhere the audience tells them apart"
    );
}

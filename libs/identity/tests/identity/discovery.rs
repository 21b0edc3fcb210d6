//! When an issuer's own word about its endpoints is read, and what holds while it cannot be.

use std::time::Duration;

use muster_identity::TokenProblem;
use muster_identity::oidc::PersonVerifier;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::{Keys, clock, token};

/// Keys that the issuer has not published yet, and a token of theirs.
fn fresh(issuer: &Issuer) -> (Value, String) {
    let keys = Keys::new();
    let mut jwk = keys.ed_jwk();
    jwk["kid"] = json!("fresh");
    let header = json!({ "alg": "EdDSA", "kid": "fresh" });
    let token = token(&header, &issuer.claims(), |message| keys.ed_sign(message));
    (json!({ "keys": [jwk] }), token)
}

async fn token_endpoint(verifier: &PersonVerifier, issuer: &Issuer) -> Option<String> {
    let provider = verifier.provider(&issuer.url).await?;
    provider.token_endpoint.as_ref().map(ToString::to_string)
}

#[tokio::test]
async fn keys_that_moved_are_found_though_the_old_address_still_answers() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    verifier.verify(&issuer.good()).await.unwrap();
    let (keys, rotated) = fresh(&issuer);
    issuer.publish_at("/keys/elsewhere", keys);
    issuer.says("jwks_uri", json!(format!("{}/keys/elsewhere", issuer.url)));
    clock.advance(Duration::from_secs(29));
    let early = verifier.verify(&rotated).await.unwrap_err();
    assert_eq!((early, issuer.fetches()), (TokenProblem::UnknownKey, 1));
    clock.advance(Duration::from_secs(1));
    verifier.verify(&rotated).await.unwrap();
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn while_discovery_cannot_be_read_keys_still_rotate_where_they_were() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    verifier.verify(&issuer.good()).await.unwrap();
    let (keys, rotated) = fresh(&issuer);
    issuer.publish(keys);
    issuer.says("issuer", json!("https://somebody.else.example"));
    clock.advance(Duration::from_secs(30));
    verifier.verify(&rotated).await.unwrap();
}

#[tokio::test]
async fn endpoints_are_read_again_after_ten_minutes_and_stay_while_they_cannot_be() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    issuer.says("token_endpoint", json!("https://id.example.org/token"));
    let known = token_endpoint(&verifier, &issuer).await;
    assert_eq!(known.as_deref(), Some("https://id.example.org/token"));
    issuer.says("token_endpoint", json!("https://id.example.org/moved"));
    clock.advance(Duration::from_secs(600));
    assert_eq!(token_endpoint(&verifier, &issuer).await, known);
    clock.advance(Duration::from_secs(1));
    issuer.away(true);
    assert_eq!(token_endpoint(&verifier, &issuer).await, known);
    clock.advance(Duration::from_secs(30));
    issuer.away(false);
    let moved = token_endpoint(&verifier, &issuer).await;
    assert_eq!(moved.as_deref(), Some("https://id.example.org/moved"));
}

#[tokio::test]
async fn endpoints_that_do_not_answer_are_looked_for_at_once() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    assert_eq!(token_endpoint(&verifier, &issuer).await, None);
    issuer.says("token_endpoint", json!("https://id.example.org/token"));
    clock.advance(Duration::from_secs(30));
    verifier.suspect(&issuer.url);
    let found = async {
        while token_endpoint(&verifier, &issuer).await.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found)
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_wants_to_sign_in_an_issuer_that_is_away_is_asked_once_in_thirty_seconds() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    issuer.away(true);
    for _ in 0..50 {
        assert_eq!(verifier.provider(&issuer.url).await, None);
        verifier.suspect(&issuer.url);
    }
    assert_eq!(issuer.fetches(), 1);
    issuer.away(false);
    clock.advance(Duration::from_secs(30));
    assert!(verifier.provider(&issuer.url).await.is_some());
    assert_eq!(verifier.provider("https://not.configured.example").await, None);
}

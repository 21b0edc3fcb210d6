//! Key sets as issuers publish them, and what is said in the log of what is passed over.

use std::time::Duration;

use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::lines::Lines;
use crate::support::{Keys, clock, token};

const PASSED_OVER: &str = "a published key is passed over";

fn with(mut jwk: Value, members: &Value) -> Value {
    let members = members.as_object().unwrap().clone();
    jwk.as_object_mut().unwrap().extend(members);
    jwk
}

/// A token of this issuer, signed by its RSA key under this name.
fn rsa_token(issuer: &Issuer, kid: &str) -> String {
    let header = json!({ "alg": "RS256", "kid": kid });
    token(&header, &issuer.claims(), |message| issuer.keys.rsa_sign(message))
}

/// keycloak/keycloak #14794 and #15616, opensearch-project/security #4618, authlib #771 and #785, panva/jose #392.
#[tokio::test]
async fn whatever_stands_beside_it_under_its_name_takes_nothing_from_a_key_that_can_verify() {
    let issuer = Issuer::start().await;
    let rsa = issuer.keys.rsa_jwk();
    let (other, plain) = (Keys::new(), json!({ "alg": null, "use": null }));
    for (what, beside) in [
        (
            "another algorithm of one kind",
            with(other.rsa_jwk(), &json!({ "alg": "RS512" })),
        ),
        (
            "the same numbers for another algorithm",
            with(rsa.clone(), &json!({ "alg": "PS256" })),
        ),
        (
            "another kind of key",
            with(other.ec_jwk(), &json!({ "kid": "rsa" })),
        ),
        (
            "the same numbers for encryption",
            with(rsa.clone(), &json!({ "use": "enc", "alg": "RSA-OAEP" })),
        ),
        (
            "another key for encryption",
            with(other.rsa_jwk(), &json!({ "use": "enc", "alg": null })),
        ),
        ("the same key again", rsa.clone()),
        ("the same key without hints", with(rsa.clone(), &plain)),
        (
            "a symmetric key",
            json!({ "kty": "oct", "kid": "rsa", "k": "c2VjcmV0" }),
        ),
        ("a short one", with(rsa.clone(), &json!({ "n": "AQAB" }))),
        ("no key", json!("rsa")),
    ] {
        for keys in [[rsa.clone(), beside.clone()], [beside.clone(), rsa.clone()]] {
            issuer.publish(json!({ "keys": keys }));
            let verified = issuer.verifier().verify(&rsa_token(&issuer, "rsa")).await;
            assert!(verified.is_ok(), "{what}: {verified:?}");
        }
    }
}

#[tokio::test]
async fn keys_of_several_algorithms_under_one_name_all_verify() {
    let issuer = Issuer::start().await;
    let one = json!({ "kid": "one" });
    let keys = [issuer.keys.rsa_jwk(), issuer.keys.ec_jwk(), issuer.keys.ed_jwk()];
    issuer.publish(json!({ "keys": keys.map(|jwk| with(jwk, &one)) }));
    let (verifier, claims) = (issuer.verifier(), issuer.claims());
    verifier.verify(&rsa_token(&issuer, "one")).await.unwrap();
    let sign = |algorithm: &str, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        token(&json!({ "alg": algorithm, "kid": "one" }), &claims, sign)
    };
    for token in [
        sign("ES256", &|message| issuer.keys.ec_sign(message)),
        sign("EdDSA", &|message| issuer.keys.ed_sign(message)),
    ] {
        verifier.verify(&token).await.unwrap();
    }
    assert_eq!(issuer.fetches(), 1);
}

/// A name that gets a key for one more algorithm is looked for like a name that was not known.
#[tokio::test]
async fn a_key_that_is_added_under_a_known_name_is_found() {
    let (issuer, clock) = (Issuer::start().await, clock());
    let verifier = issuer.verifier_at(clock.clone());
    issuer.publish(json!({ "keys": [with(issuer.keys.ed_jwk(), &json!({ "kid": "rsa" }))] }));
    verifier.verify(&rsa_token(&issuer, "rsa")).await.unwrap_err();
    issuer.publish(issuer.keys.jwks());
    clock.advance(Duration::from_secs(30));
    verifier.verify(&rsa_token(&issuer, "rsa")).await.unwrap();
}

#[tokio::test]
async fn two_different_keys_for_one_algorithm_under_one_name_are_none_and_the_others_stay() {
    let (issuer, lines) = (Issuer::start().await, Lines::start());
    let (ed, twin) = (issuer.keys.ed_jwk(), Keys::new().ed_jwk());
    issuer.publish(json!({ "keys": [ed, twin, issuer.keys.rsa_jwk()] }));
    let verifier = issuer.verifier();
    verifier.verify(&issuer.good()).await.unwrap_err();
    verifier.verify(&rsa_token(&issuer, "rsa")).await.unwrap();
    let why = "different keys for EdDSA have this `kid`, so none of that name is taken";
    assert_eq!(
        lines.count("WARN", &[PASSED_OVER, "ed", why]),
        1,
        "{}",
        lines.all()
    );
}

#[tokio::test]
async fn each_key_that_is_passed_over_is_told_once_with_the_issuer_and_the_reason() {
    let (issuer, clock, lines) = (Issuer::start().await, clock(), Lines::start());
    let verifier = issuer.verifier_at(clock.clone());
    let keys = &issuer.keys;
    let passed_over = [
        with(keys.rsa_jwk(), &json!({ "kid": "a", "use": "enc" })),
        with(keys.rsa_jwk(), &json!({ "kid": "b", "alg": "RS512" })),
        with(keys.ec_jwk(), &json!({ "kid": "c", "crv": "P-384" })),
        with(keys.ed_jwk(), &json!({ "kid": null })),
        with(
            keys.ed_jwk(),
            &json!({ "kid": "e\u{202e}\nf", "key_ops": ["sign"] }),
        ),
    ];
    let mut all = vec![keys.ed_jwk()];
    all.extend(passed_over);
    issuer.publish(json!({ "keys": all }));
    for _ in 0..4 {
        clock.advance(Duration::from_secs(31));
        let header = json!({ "alg": "EdDSA", "kid": "unknown" });
        let unknown = token(&header, &issuer.claims(), |message| keys.ed_sign(message));
        verifier.verify(&unknown).await.unwrap_err();
    }
    assert_eq!(issuer.fetches(), 4);
    for words in [
        ["\\\"a\\\"", "its `use` is \"enc\", not \"sig\""],
        [
            "\\\"b\\\"",
            "its `alg` is \"RS512\": a key of its kind is taken for RS256 alone",
        ],
        [
            "\\\"c\\\"",
            "it is of a kind that is not taken (kty \"EC\", crv \"P-384\")",
        ],
        [
            "no. 5 of the document",
            "it has no `kid`, by which tokens name their key",
        ],
        ["e\\\\nf", "its `key_ops` are [\"sign\"], without \"verify\""],
    ] {
        let told = lines.count("WARN", &[PASSED_OVER, &issuer.url, words[0], words[1]]);
        assert_eq!(told, 1, "{words:?} in {}", lines.all());
    }
    assert_eq!(lines.count("WARN", &[PASSED_OVER]), 5);
}

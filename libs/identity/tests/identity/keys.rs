//! Which keys are taken from a key set, and our own keys.

use std::path::Path;
use std::process::Command;

use muster_identity::{KeySet, KeySetProblem, SigningKey, SigningKeyProblem, jwks_document};
use serde_json::{Value, json};

use crate::support::{Keys, encode};

fn usable(jwk: Value) -> bool {
    KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).is_ok()
}

fn with(mut jwk: Value, member: &str, value: Value) -> Value {
    jwk[member] = value;
    jwk
}

#[test]
fn only_signing_keys_of_three_kinds_are_taken() {
    let keys = Keys::new();
    let (ed, ec, rsa) = (keys.ed_jwk(), keys.ec_jwk(), keys.rsa_jwk());
    assert!(usable(ed.clone()) && usable(ec.clone()) && usable(rsa.clone()));
    assert!(usable(with(ed.clone(), "key_ops", json!(["verify"]))));
    for (what, bad) in [
        ("symmetric", json!({ "kty": "oct", "kid": "k", "k": "c2VjcmV0" })),
        ("for encryption", with(ed.clone(), "use", json!("enc"))),
        ("for signing only", with(ed.clone(), "key_ops", json!(["sign"]))),
        ("of another algorithm", with(ed.clone(), "alg", json!("ES256"))),
        ("for PSS", with(rsa.clone(), "alg", json!("PS256"))),
        ("of another curve", with(ed.clone(), "crv", json!("Ed448"))),
        ("of another P curve", with(ec.clone(), "crv", json!("P-384"))),
        ("off the curve", with(ec.clone(), "y", json!(encode([1; 32])))),
        ("cut short", with(ed.clone(), "x", json!(encode([1; 31])))),
        ("without a name", with(ed.clone(), "kid", Value::Null)),
        (
            "RSA of 1024 bits",
            with(rsa.clone(), "n", json!(encode([0xff; 128]))),
        ),
        (
            "RSA of 1024 bits behind zeros",
            with(
                rsa.clone(),
                "n",
                json!(encode([vec![0; 128], vec![0xff; 128]].concat())),
            ),
        ),
        ("RSA with exponent 1", with(rsa, "e", json!(encode([1])))),
    ] {
        assert!(!usable(bad), "{what}");
    }
}

#[test]
fn a_document_without_keys_says_why() {
    let empty = KeySet::parse(br#"{"keys":[]}"#).unwrap_err();
    assert_eq!(empty.to_string(), "no key that can be used: there is none in it");
    for none in [b"[]".as_slice(), b"{}", b"null", b"", b"{\"keys\":{}}", b"<html>"] {
        assert_eq!(KeySet::parse(none).unwrap_err(), KeySetProblem::NotAKeySet);
    }
    let for_encryption = with(Keys::new().rsa_jwk(), "use", json!("enc"));
    let keys = json!({ "keys": [for_encryption, 1, {}, {}, {}] }).to_string();
    assert_eq!(
        KeySet::parse(keys.as_bytes()).unwrap_err().to_string(),
        "no key that can be used: key \"rsa\": its `use` is \"enc\", not \"sig\"; key no. 2 of the document: it is no JSON object; \
         key no. 3 of the document: it is of a kind that is not taken (): OKP with Ed25519, EC with P-256 and RSA are, for \
         EdDSA, ES256 and RS256; and 2 more"
    );
}

#[test]
fn a_key_survives_its_pem_and_is_named_by_its_thumbprint() {
    let key = SigningKey::generate().unwrap();
    let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(again.id(), key.id());
    assert_eq!(again.public_jwk(), key.public_jwk());
    for bad in [
        "",
        "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
    ] {
        assert_eq!(SigningKey::from_pem(bad).unwrap_err(), SigningKeyProblem::NotAKey);
    }
}

/// RFC 8037, appendix A.3.
#[test]
fn the_thumbprint_is_that_of_the_standard() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let key = SigningKey::from_pem(pem).unwrap();
    assert_eq!(
        key.public_jwk()["x"],
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    );
    assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_keys_of_a_new_installation_are_those_that_the_gateway_signs_with() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
    let directory = std::env::temp_dir().join(format!("muster-keys-{}", std::process::id()));
    let made = Command::new(script).arg(&directory).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = |file: &str| std::fs::read_to_string(directory.join(file)).unwrap();
    let key = SigningKey::from_pem(&text("gateway/caller-key")).unwrap();
    let published: Value = serde_json::from_str(&text("caller.jwks.json")).unwrap();
    let signs_with: Value = serde_json::from_str(&jwks_document([&key])).unwrap();
    assert_eq!(published, signs_with);
    std::fs::remove_dir_all(&directory).unwrap();
}

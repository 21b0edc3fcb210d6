//! Which keys are taken from a key set, and our own keys.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_clock::Clock;
use muster_identity::{
    DEVELOPMENT_MARK, KeySet, KeySetProblem, SigningKey, SigningKeyProblem, jwks_document,
};
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

/// The text of a key in version 1, as openssl writes it.
fn pem(seed: [u8; 32]) -> String {
    let begin = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    let der = [begin.as_slice(), seed.as_slice()].concat();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    )
}

#[test]
fn a_key_of_the_same_byte_does_not_sign() {
    for byte in [0, 1, 255] {
        let refused = SigningKey::from_pem(&pem([byte; 32])).unwrap_err();
        assert_eq!(refused, SigningKeyProblem::Guessable);
    }
    let mut seed = [1; 32];
    seed[31] = 2;
    SigningKey::from_pem(&pem(seed)).unwrap();
}

#[test]
fn a_development_key_says_so_in_its_pem_and_others_do_not() {
    let made = SigningKey::generate().unwrap();
    let marked = made.to_pem().unwrap();
    assert!(marked.starts_with(DEVELOPMENT_MARK), "{marked}");
    assert!(SigningKey::from_pem(&marked).unwrap().is_development());
    let plain = marked.replace(DEVELOPMENT_MARK, "");
    let plain = SigningKey::from_pem(&plain).unwrap();
    assert!(!plain.is_development() && plain.id() == made.id());
    assert!(!plain.to_pem().unwrap().contains(DEVELOPMENT_MARK));
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

/// Keys of an installation, as `deploy/secrets` makes them; gone when it is dropped.
struct Installation(PathBuf);

impl Installation {
    fn new() -> Self {
        let name = format!("muster-keys-{}", Clock::system().new_uuid());
        let installation = Self(std::env::temp_dir().join(name));
        installation.done(&[]).unwrap();
        installation
    }

    /// What the script says when it refuses.
    fn done(&self, step: &[&str]) -> Result<(), String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let made = Command::new(script).arg(&self.0).args(step).output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        made.status.success().then_some(()).ok_or(said)
    }

    fn key(&self, file: &str) -> SigningKey {
        SigningKey::from_pem(&std::fs::read_to_string(self.0.join(file)).unwrap()).unwrap()
    }

    fn published(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.0.join("caller.jwks.json")).unwrap()).unwrap()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn document<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Value {
    serde_json::from_str(&jwks_document(keys)).unwrap()
}

#[test]
fn the_keys_of_a_new_installation_are_those_that_the_gateway_signs_with() {
    let installation = Installation::new();
    let key = installation.key("gateway/caller-key");
    assert_eq!(installation.published(), document([&key]));
    assert!(!key.is_development());
}

#[test]
fn an_installation_goes_on_with_no_development_key() {
    for (file, text) in [
        ("gateway/caller-key", DEVELOPMENT_MARK),
        ("gateway/session-key", DEVELOPMENT_MARK),
        ("records/page-key", DEVELOPMENT_MARK),
        ("notification/bounce-key", DEVELOPMENT_MARK),
        ("invitation/link-keys.toml", "development = true"),
    ] {
        let installation = Installation::new();
        let file = installation.0.join(file);
        let key = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}\n{key}")).unwrap();
        let marked = std::fs::read_to_string(&file).unwrap();
        for step in [
            &[] as &[&str],
            &["next", "sessions"],
            &["retire", "links"],
            &["next", "callers"],
        ] {
            let said = installation.done(step).unwrap_err();
            assert!(said.contains("is a development key"), "{step:?}: {said}");
            assert!(said.contains(file.to_str().unwrap()), "{step:?}: {said}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), marked);
        std::fs::remove_file(&file).unwrap();
        installation.done(&[]).unwrap();
        assert!(file.exists());
    }
}

#[test]
fn a_key_is_known_before_it_is_used_and_until_it_is_retired() {
    let installation = Installation::new();
    let refused = |step: &[&str], words: &str| {
        let said = installation.done(step).unwrap_err();
        assert!(said.contains(words), "{step:?}: {said}");
    };
    let old = installation.key("gateway/caller-key");
    refused(&["use", "callers"], "make it first");
    installation.done(&["next", "callers"]).unwrap();
    let new = installation.key("caller-key.next");
    assert_eq!(installation.published(), document([&old, &new]));
    assert_eq!(installation.key("gateway/caller-key").id(), old.id());
    refused(&["next", "callers"], "use it first");
    refused(&["retire", "callers"], "use it first");
    installation.done(&["use", "callers"]).unwrap();
    assert_eq!(installation.key("gateway/caller-key").id(), new.id());
    assert_eq!(installation.published(), document([&old, &new]));
    installation.done(&["retire", "callers"]).unwrap();
    assert_eq!(installation.published(), document([&new]));
    refused(&["next", "nothing"], "usage: ");
}

//! One key as it is published. Only members that its use depends on are looked at, whatever stands in the others.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::passed_over::{KeyProblem, shown};
use super::verifying::VerifyingKey;

type Members = Map<String, Value>;

/// The name of the key, and the key.
pub(super) fn read(value: &Value) -> Result<(String, VerifyingKey), KeyProblem> {
    let jwk = value.as_object().ok_or(KeyProblem::NotAnObject)?;
    verifies(jwk)?;
    let key = public_key(jwk)?;
    check_algorithm(jwk, &key)?;
    let kid = jwk.get("kid").and_then(Value::as_str).ok_or(KeyProblem::NoName)?;
    Ok((kid.to_owned(), key))
}

/// What a key may be used for is its publisher's word: no member of these, or one that allows it.
fn verifies(jwk: &Members) -> Result<(), KeyProblem> {
    if let Some(purpose) = member(jwk, "use")
        && purpose != "sig"
    {
        return Err(KeyProblem::Use(shown(purpose)));
    }
    if let Some(operations) = member(jwk, "key_ops") {
        let verifies = |listed: &Vec<Value>| listed.iter().any(|operation| operation == "verify");
        if !operations.as_array().is_some_and(verifies) {
            return Err(KeyProblem::Operations(shown(operations)));
        }
    }
    Ok(())
}

/// A symmetric key (`oct`) is none: a public document must never become a shared secret.
fn public_key(jwk: &Members) -> Result<VerifyingKey, KeyProblem> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    match (text("kty"), text("crv")) {
        (Some("OKP"), Some("Ed25519")) => ed25519(jwk),
        (Some("EC"), Some("P-256")) => p256(jwk),
        (Some("RSA"), _) => rsa(jwk),
        _ => Err(KeyProblem::Kind(kind(jwk))),
    }
}

fn ed25519(jwk: &Members) -> Result<VerifyingKey, KeyProblem> {
    let key = ParsedPublicKey::new(&ED25519, number(jwk, "x")?);
    key.map(VerifyingKey::Ed25519).map_err(|_| KeyProblem::NotAKey)
}

fn p256(jwk: &Members) -> Result<VerifyingKey, KeyProblem> {
    let (x, y) = (number(jwk, "x")?, number(jwk, "y")?);
    if x.len() != 32 || y.len() != 32 {
        return Err(KeyProblem::NotAKey);
    }
    // Uncompressed point, SEC 1 §2.3.3.
    let point = [&[4u8], x.as_slice(), y.as_slice()].concat();
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.map(VerifyingKey::P256).map_err(|_| KeyProblem::NotAKey)
}

fn rsa(jwk: &Members) -> Result<VerifyingKey, KeyProblem> {
    let n = without_leading_zeros(number(jwk, "n")?);
    let e = without_leading_zeros(number(jwk, "e")?);
    if !(256..=1024).contains(&n.len()) {
        return Err(KeyProblem::Bits(n.len() * 8));
    }
    // An exponent of 1 would make every message its own signature.
    if e.is_empty() || e == [1] {
        return Err(KeyProblem::Exponent);
    }
    Ok(VerifyingKey::Rsa { n, e })
}

fn check_algorithm(jwk: &Members, key: &VerifyingKey) -> Result<(), KeyProblem> {
    match member(jwk, "alg") {
        Some(given) if given != key.algorithm() => Err(KeyProblem::Algorithm {
            given: shown(given),
            taken: key.algorithm(),
        }),
        _ => Ok(()),
    }
}

/// `null` is how some write that a member is not there.
fn member<'j>(jwk: &'j Members, name: &str) -> Option<&'j Value> {
    jwk.get(name).filter(|value| !value.is_null())
}

fn kind(jwk: &Members) -> String {
    ["kty", "crv"]
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", shown(member(jwk, name)?))))
        .collect::<Vec<_>>()
        .join(", ")
}

fn number(jwk: &Members, name: &'static str) -> Result<Vec<u8>, KeyProblem> {
    let text = jwk.get(name).and_then(Value::as_str);
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .ok_or(KeyProblem::Number(name))
}

fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

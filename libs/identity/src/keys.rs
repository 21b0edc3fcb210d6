//! Public keys of a JWKS (RFC 7517), each with the one algorithm that its type allows.

use std::collections::HashMap;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::TokenProblem;
use crate::signature_cache::SignatureCache;

/// Verification keys by `kid`, and what they have verified lately.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    pub(crate) signatures: SignatureCache,
}

/// A document without keys that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetProblem {
    /// Not a JWKS.
    #[error("not a JSON Web Key Set")]
    NotAKeySet,
    /// None of its keys can verify: each needs a kid of its own, and must be Ed25519, P-256 or RSA from 2048 bits.
    #[error("no usable key: each needs its own kid and must be Ed25519, P-256 or RSA of at least 2048 bits")]
    Empty,
}

#[derive(Debug)]
pub(crate) enum VerifyingKey {
    Ed25519(ParsedPublicKey),
    P256(ParsedPublicKey),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// Only what is needed of a key. A symmetric key (`oct`) is none: a public document must never become a shared secret.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl KeySet {
    /// Reads a JWKS. Keys that cannot be used are passed over, and so are those that share their `kid` with another.
    ///
    /// # Errors
    /// Not a JWKS, or nothing usable in it.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetProblem> {
        let document: Document = serde_json::from_slice(document).map_err(|_| KeySetProblem::NotAKeySet)?;
        let mut times: HashMap<String, usize> = HashMap::new();
        let mut keys = HashMap::new();
        for value in document.keys {
            let Ok(jwk) = serde_json::from_value::<Jwk>(value) else {
                continue;
            };
            *times.entry(jwk.kid.clone()).or_default() += 1;
            if let Some(key) = jwk.verifying_key() {
                keys.insert(jwk.kid, key);
            }
        }
        keys.retain(|kid, _| times.get(kid) == Some(&1));
        if keys.is_empty() {
            Err(KeySetProblem::Empty)
        } else {
            Ok(Self {
                keys,
                signatures: SignatureCache::default(),
            })
        }
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }
}

impl Jwk {
    fn verifying_key(&self) -> Option<VerifyingKey> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        if self
            .key_ops
            .as_ref()
            .is_some_and(|ops| !ops.iter().any(|op| op == "verify"))
        {
            return None;
        }
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => self.ed25519()?,
            ("EC", Some("P-256")) => self.p256()?,
            ("RSA", None) => self.rsa()?,
            _ => return None,
        };
        match &self.alg {
            Some(alg) if alg != key.algorithm() => None,
            _ => Some(key),
        }
    }

    fn ed25519(&self) -> Option<VerifyingKey> {
        let x = number(self.x.as_deref()?)?;
        ParsedPublicKey::new(&ED25519, x).ok().map(VerifyingKey::Ed25519)
    }

    fn p256(&self) -> Option<VerifyingKey> {
        let (x, y) = (number(self.x.as_deref()?)?, number(self.y.as_deref()?)?);
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        // Uncompressed point, SEC 1 §2.3.3.
        let point = [&[4u8], x.as_slice(), y.as_slice()].concat();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .ok()
            .map(VerifyingKey::P256)
    }

    fn rsa(&self) -> Option<VerifyingKey> {
        let n = without_leading_zeros(number(self.n.as_deref()?)?);
        let e = without_leading_zeros(number(self.e.as_deref()?)?);
        // 2048 to 8192 bits; an exponent of 1 would make every message its own signature.
        let weak = !(256..=1024).contains(&n.len()) || e.is_empty() || e == [1];
        (!weak).then_some(VerifyingKey::Rsa { n, e })
    }
}

impl VerifyingKey {
    /// The only `alg` that this key verifies.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            VerifyingKey::Ed25519(_) => "EdDSA",
            VerifyingKey::P256(_) => "ES256",
            VerifyingKey::Rsa { .. } => "RS256",
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), TokenProblem> {
        match self {
            VerifyingKey::Ed25519(key) | VerifyingKey::P256(key) => key.verify_sig(message, signature),
            VerifyingKey::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .map_err(|_| TokenProblem::Signature)
    }
}

fn number(base64url: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(base64url).ok()
}

fn without_leading_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

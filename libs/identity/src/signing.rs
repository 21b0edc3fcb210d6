//! An Ed25519 key that signs tokens.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::secret_keys::{DEVELOPMENT_MARK, is_guessable, is_marked};

/// Where the private key itself begins: RFC 8410 has 16 bytes before it, in both versions.
const SEED_AT: usize = 16;
/// The bytes of the private key.
const SEED_LEN: usize = 32;

/// A private key that signs, and the id under which its public half is published (RFC 7638 thumbprint).
pub struct SigningKey {
    pair: Ed25519KeyPair,
    id: String,
    is_development: bool,
}

/// A key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyProblem {
    /// Not an Ed25519 private key in PKCS#8 PEM.
    #[error("not an Ed25519 private key in PKCS#8 PEM (openssl genpkey -algorithm ed25519)")]
    NotAKey,
    /// Somebody filled it in.
    #[error(
        "a key whose bytes are all the same can be guessed: make one (openssl genpkey -algorithm ed25519)"
    )]
    Guessable,
    /// The machine gave no randomness.
    #[error("no randomness to make a key of")]
    NoRandomness,
}

impl SigningKey {
    /// Reads a private key: PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it. Text before it is passed
    /// over; [`DEVELOPMENT_MARK`] is remembered.
    ///
    /// # Errors
    /// Anything else, or a key that can be guessed.
    pub fn from_pem(pem: &str) -> Result<Self, SigningKeyProblem> {
        let body = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .map(|(body, _)| body.split_ascii_whitespace().collect::<String>())
            .ok_or(SigningKeyProblem::NotAKey)?;
        let der = STANDARD.decode(body).map_err(|_| SigningKeyProblem::NotAKey)?;
        let seed = der.get(SEED_AT..SEED_AT + SEED_LEN);
        if seed.is_some_and(is_guessable) {
            return Err(SigningKeyProblem::Guessable);
        }
        // "Maybe unchecked": openssl writes version 1, which has no public half to check against.
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| SigningKeyProblem::NotAKey)?;
        Ok(Self {
            is_development: is_marked(pem),
            ..Self::new(pair)
        })
    }

    /// Makes a key, for development and tests: it is marked as such.
    ///
    /// # Errors
    /// The machine has no randomness.
    pub fn generate() -> Result<Self, SigningKeyProblem> {
        Ed25519KeyPair::generate()
            .map(|pair| Self {
                is_development: true,
                ..Self::new(pair)
            })
            .map_err(|_| SigningKeyProblem::NoRandomness)
    }

    /// The private key as PEM, to be mounted; behind [`DEVELOPMENT_MARK`] where it has it.
    ///
    /// # Errors
    /// The key cannot be written, which does not happen to keys that were made here.
    pub fn to_pem(&self) -> Result<String, SigningKeyProblem> {
        let der = self.pair.to_pkcs8v1().map_err(|_| SigningKeyProblem::NotAKey)?;
        let mark = if self.is_development {
            format!("{DEVELOPMENT_MARK}\n")
        } else {
            String::new()
        };
        Ok(format!(
            "{mark}-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        ))
    }

    /// Whether a developer's machine made it for itself.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is_development
    }

    /// The `kid`: the RFC 7638 thumbprint of the public key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half as a JWK.
    #[must_use]
    pub fn public_jwk(&self) -> serde_json::Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig", "alg": "EdDSA" })
    }

    /// A compact JWS over the claims.
    ///
    /// # Errors
    /// Claims that are no JSON.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, serde_json::Error> {
        let header = serde_json::json!({ "alg": "EdDSA", "kid": self.id, "typ": typ });
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(&serde_json::to_vec(claims)?)
        );
        let signature = self.pair.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", encode(signature.as_ref())))
    }

    fn new(pair: Ed25519KeyPair) -> Self {
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        // RFC 7638 §3: the required members in lexicographic order, without white space.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical));
        Self {
            pair,
            id,
            is_development: false,
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .field("is_development", &self.is_development)
            .finish_non_exhaustive()
    }
}

/// A JWKS with the public halves: what verifiers mount. Publish a new key before signing with it, and keep the old one
/// until its last token has expired.
#[must_use]
pub fn jwks_document<'k>(keys: impl IntoIterator<Item = &'k SigningKey>) -> String {
    let keys: Vec<_> = keys.into_iter().map(SigningKey::public_jwk).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

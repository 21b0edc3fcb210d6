//! Tokens of any shape, signed with keys of any kind.

use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_clock::Clock;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

pub(crate) fn now() -> i64 {
    NOW.unix_timestamp()
}

pub(crate) fn clock() -> Clock {
    Clock::fixed(NOW)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Puts a token together from whatever is given.
pub(crate) fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    raw_token(&header.to_string(), &claims.to_string(), sign)
}

pub(crate) fn raw_token(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature))
}

/// One key of each kind.
pub(crate) struct Keys {
    pub(crate) ed: Ed25519KeyPair,
    pub(crate) ec: EcdsaKeyPair,
    pub(crate) rsa: RsaKeyPair,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            ed: Ed25519KeyPair::generate().unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    pub(crate) fn ed_sign(&self, message: &[u8]) -> Vec<u8> {
        self.ed.sign(message).as_ref().to_vec()
    }

    pub(crate) fn ec_sign(&self, message: &[u8]) -> Vec<u8> {
        self.ec
            .sign(&SystemRandom::new(), message)
            .unwrap()
            .as_ref()
            .to_vec()
    }

    pub(crate) fn rsa_sign(&self, message: &[u8]) -> Vec<u8> {
        self.rsa_sign_with(&RSA_PKCS1_SHA256, message)
    }

    pub(crate) fn rsa_pss_sign(&self, message: &[u8]) -> Vec<u8> {
        self.rsa_sign_with(&RSA_PSS_SHA256, message)
    }

    fn rsa_sign_with(
        &self,
        padding: &'static dyn aws_lc_rs::signature::RsaEncoding,
        message: &[u8],
    ) -> Vec<u8> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .unwrap();
        signature
    }

    pub(crate) fn ed_jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(self.ed.public_key()) })
    }

    pub(crate) fn ec_jwk(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
    }

    pub(crate) fn rsa_jwk(&self) -> Value {
        let key = self.rsa.public_key();
        let n = key.modulus().big_endian_without_leading_zero().to_vec();
        let e = key.exponent().big_endian_without_leading_zero().to_vec();
        json!({ "kty": "RSA", "kid": "rsa", "n": encode(n), "e": encode(e), "alg": "RS256", "use": "sig" })
    }

    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.ed_jwk(), self.ec_jwk(), self.rsa_jwk()] })
    }
}

/// A file of this text that is gone at the end of the test.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn of(text: &str) -> Self {
        let name = format!("muster-identity-{}", Clock::system().new_uuid());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

//! A public key, and what it verifies.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use crate::TokenProblem;

#[derive(Debug)]
pub(crate) enum VerifyingKey {
    Ed25519(ParsedPublicKey),
    P256(ParsedPublicKey),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl VerifyingKey {
    /// The only `alg` that this key verifies.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
            Self::Rsa { .. } => "RS256",
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), TokenProblem> {
        match self {
            Self::Ed25519(key) | Self::P256(key) => key.verify_sig(message, signature),
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        }
        .map_err(|_| TokenProblem::Signature)
    }

    fn numbers(&self) -> (&[u8], &[u8]) {
        match self {
            Self::Ed25519(key) | Self::P256(key) => (key.as_ref(), &[]),
            Self::Rsa { n, e } => (n, e),
        }
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.numbers() == other.numbers()
    }
}

//! Public keys of a JWKS (RFC 7517), each with the one algorithm that its type allows.
//!
//! Issuers publish one `kid` with several `alg` or another `use`, the same key twice, and keys that nobody here can use. Only keys
//! that could verify something are looked at: whatever stands beside them takes nothing away from them.

mod jwk;
mod passed_over;
#[cfg(test)]
mod tests;
mod verifying;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use passed_over::{KeyProblem, PassedOverKey};
pub(crate) use passed_over::{PassedOverLog, shortened};
pub(crate) use verifying::VerifyingKey;

use crate::TokenProblem;
use crate::signature_cache::SignatureCache;

/// Verification keys by `kid`, and what they have verified lately.
#[derive(Debug, Default)]
pub struct KeySet {
    /// Of one `kid`, at most one for each algorithm.
    keys: BTreeMap<String, Vec<VerifyingKey>>,
    passed_over: Vec<PassedOverKey>,
    pub(crate) signatures: SignatureCache,
}

/// A document without keys that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetProblem {
    /// Not a JWKS.
    #[error("not a JSON Web Key Set")]
    NotAKeySet,
    /// None of its keys can verify anything here.
    #[error("no key that can be used: {}", passed_over::list(.0))]
    Empty(Vec<PassedOverKey>),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWKS. Keys that cannot be used are passed over, and so are those that share `kid` and algorithm with a
    /// different one: a token could not say which it means. Equal keys are one.
    ///
    /// # Errors
    /// Not a JWKS, or nothing usable in it.
    pub fn parse(document: &[u8]) -> Result<Self, KeySetProblem> {
        let document: Document = serde_json::from_slice(document).map_err(|_| KeySetProblem::NotAKeySet)?;
        let mut set = Self::default();
        for (at, value) in document.keys.iter().enumerate() {
            match jwk::read(value) {
                Ok((kid, key)) => set.add(kid, key),
                Err(problem) => set.passed_over.push(PassedOverKey::new(at, value, problem)),
            }
        }
        set.drop_ambiguous();
        if set.keys.is_empty() {
            Err(KeySetProblem::Empty(set.passed_over))
        } else {
            Ok(set)
        }
    }

    /// What stands in the document and is not used.
    #[must_use]
    pub fn passed_over(&self) -> &[PassedOverKey] {
        &self.passed_over
    }

    /// The key of this name for this algorithm.
    pub(crate) fn key(&self, kid: &str, algorithm: &str) -> Result<&VerifyingKey, TokenProblem> {
        let same_name = self.keys.get(kid).ok_or(TokenProblem::UnknownKey)?;
        let found = same_name.iter().find(|key| key.algorithm() == algorithm);
        found.ok_or(TokenProblem::Algorithm)
    }

    fn add(&mut self, kid: String, key: VerifyingKey) {
        let same_name = self.keys.entry(kid).or_default();
        if !same_name.contains(&key) {
            same_name.push(key);
        }
    }

    fn drop_ambiguous(&mut self) {
        let passed_over = &mut self.passed_over;
        self.keys.retain(|kid, keys| match twice(keys) {
            Some(algorithm) => {
                passed_over.push(PassedOverKey::ambiguous(kid, algorithm));
                false
            }
            None => true,
        });
    }
}

/// An algorithm that two of them verify.
fn twice(keys: &[VerifyingKey]) -> Option<&'static str> {
    let mut algorithms = keys.iter().map(VerifyingKey::algorithm);
    while let Some(algorithm) = algorithms.next() {
        if algorithms.clone().any(|other| other == algorithm) {
            return Some(algorithm);
        }
    }
    None
}

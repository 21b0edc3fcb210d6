//! Keys that are not used, told in words that whoever publishes them can act on.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;

/// The longest text of somebody else's that is shown, in characters.
const LONGEST_SHOWN: usize = 64;
/// Keys that are named in one message, and lines that one document is worth.
const MAX_LISTED: usize = 3;
const MAX_LINES: usize = 50;

/// A key of a document that is not used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PassedOverKey {
    /// Its `kid`, or where it stands in the document.
    pub name: String,
    /// Why it is not used.
    pub problem: KeyProblem,
}

/// Why a key is not used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyProblem {
    /// Not a JWK.
    #[error("it is no JSON object")]
    NotAnObject,
    /// Tokens name their key by it.
    #[error("it has no `kid`, by which tokens name their key")]
    NoName,
    /// For encryption, most often.
    #[error("its `use` is {0}, not \"sig\"")]
    Use(String),
    /// For something else.
    #[error("its `key_ops` are {0}, without \"verify\"")]
    Operations(String),
    /// Of another type or curve.
    #[error(
        "it is of a kind that is not taken ({0}): OKP with Ed25519, EC with P-256 and RSA are, for EdDSA, ES256 and RS256"
    )]
    Kind(String),
    /// For an algorithm that is not taken.
    #[error("its `alg` is {given}: a key of its kind is taken for {taken} alone")]
    Algorithm {
        /// What it says.
        given: String,
        /// What its kind is taken for.
        taken: &'static str,
    },
    /// A member without which it is no key.
    #[error("its `{0}` is missing, or not base64url without padding")]
    Number(&'static str),
    /// No point of its curve.
    #[error("its numbers are no public key of its kind")]
    NotAKey,
    /// Too short or too long.
    #[error("its modulus has {0} bits: RSA is taken from 2048 to 8192")]
    Bits(usize),
    /// Every message would be its own signature.
    #[error("its exponent is none, or 1")]
    Exponent,
    /// A token could not say which it means.
    #[error("different keys for {0} have this `kid`, so none of that name is taken")]
    Ambiguous(&'static str),
}

impl PassedOverKey {
    pub(super) fn new(at: usize, value: &Value, problem: KeyProblem) -> Self {
        let kid = value.get("kid").and_then(Value::as_str);
        Self {
            name: kid.map_or_else(|| format!("no. {} of the document", at + 1), quoted),
            problem,
        }
    }

    pub(super) fn ambiguous(kid: &str, algorithm: &'static str) -> Self {
        Self {
            name: quoted(kid),
            problem: KeyProblem::Ambiguous(algorithm),
        }
    }
}

impl fmt::Display for PassedOverKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}: {}", self.name, self.problem)
    }
}

/// Which passed-over keys of one publisher have been told: each is told once, and again only after it was gone.
#[derive(Debug, Default)]
pub(crate) struct PassedOverLog(HashSet<PassedOverKey>);

impl PassedOverLog {
    /// Tells what has not been told.
    pub(crate) fn tell(&mut self, publisher: &str, keys: &[PassedOverKey]) {
        let new: Vec<_> = keys.iter().filter(|key| !self.0.contains(key)).collect();
        for PassedOverKey { name, problem } in new.iter().take(MAX_LINES) {
            tracing::warn!(publisher, key = name, %problem, "a published key is passed over");
        }
        if let Some(more) = new.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
            tracing::warn!(publisher, more, "more published keys are passed over");
        }
        self.0 = keys.iter().cloned().collect();
    }
}

/// The first of them, for one message.
pub(super) fn list(keys: &[PassedOverKey]) -> String {
    if keys.is_empty() {
        return "there is none in it".to_owned();
    }
    let named: Vec<_> = keys.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    let more = keys.len() - named.len();
    let named = named.join("; ");
    if more == 0 {
        named
    } else {
        format!("{named}; and {more} more")
    }
}

/// Somebody else's JSON on one short line.
pub(super) fn shown(value: &Value) -> String {
    shortened(&value.to_string())
}

fn quoted(text: &str) -> String {
    shown(&Value::from(text))
}

/// Somebody else's text, short, and with nothing in it that hides or turns what stands beside it.
pub(crate) fn shortened(text: &str) -> String {
    let seen = muster_text::cleaned(text);
    let mut short: String = seen.chars().take(LONGEST_SHOWN).collect();
    if short.len() < seen.len() {
        short.push('…');
    }
    short
}

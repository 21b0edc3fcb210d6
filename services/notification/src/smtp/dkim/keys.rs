//! The keys that sign mail.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Unsigned;

/// Who verifies need not take longer RSA keys than 4096 bits (RFC 6376, section 3.3.3); shorter ones than 2048 the library refuses.
const MAX_MODULUS: usize = 4096 / 8;
/// The longest name in DNS, and the longest part of one.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// The keys that sign mail. Of each algorithm signs the one that is the latest at the date of the message, so that a key is exchanged
/// while messages that were signed with the former are still on their way. Cheap to clone.
#[derive(Clone)]
pub struct DkimKeys(Arc<[Key]>);

/// Keys that cannot be used. Nothing of what is secret is repeated.
#[derive(Debug, Error)]
pub enum DkimKeysProblem {
    /// The file cannot be read.
    #[error("the keys that sign mail cannot be read")]
    File(#[from] std::io::Error),
    /// It is not written as such files are.
    #[error(
        "keys that sign mail are a TOML file of [[key]], each with selector, domain, algorithm (rsa-sha256 or ed25519-sha256), pem, and from, \
         once they sign (deploy/secrets DIRECTORY next dkim DOMAIN)"
    )]
    Form,
    /// The name of a DNS record cannot be made of it.
    #[error(
        "a key that signs mail has a selector or a domain that is no name in DNS: a-z, 0-9 and - between dots"
    )]
    Name,
    /// Two records in one place.
    #[error("two keys that sign mail have the selector {0}")]
    Twice(String),
    /// No time.
    #[error("the key {0} that signs mail has a from that is no time, such as 2026-03-01T12:00:00Z")]
    From(String),
    /// No key of that algorithm.
    #[error(
        "the key {0} that signs mail is no private key of its algorithm in PKCS#8 PEM, not encrypted (openssl genpkey), of 2048 to 4096 \
         bits if it is RSA"
    )]
    NotAKey(String),
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    /// RSASSA-PKCS1-v1_5, which everybody verifies.
    #[serde(rename = "rsa-sha256")]
    Rsa,
    /// Ed25519 (RFC 8463): short records and signatures; not everybody knows it yet.
    #[serde(rename = "ed25519-sha256")]
    Ed25519,
}

/// A private key, and where its public half is found.
pub(super) struct Key {
    selector: String,
    domain: String,
    /// It signs messages of this date and later; `None`: it is published, and signs none yet.
    from: Option<OffsetDateTime>,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    key: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    selector: String,
    domain: String,
    algorithm: Algorithm,
    from: Option<String>,
    pem: String,
}

impl DkimKeys {
    /// Reads the keys from a TOML file. Fits as a `value_parser` of a setting.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn from_file(path: &str) -> Result<Self, DkimKeysProblem> {
        Self::parse(&std::fs::read_to_string(Path::new(path))?)
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// It holds something else.
    pub fn parse(text: &str) -> Result<Self, DkimKeysProblem> {
        // What the parser says repeats the line that it stands on, which may be of a key.
        let file: File = toml::from_str(text).map_err(|_| DkimKeysProblem::Form)?;
        let keys: Vec<Key> = file.key.into_iter().map(Key::of).collect::<Result<_, _>>()?;
        let mut places = BTreeSet::new();
        let twice = keys.iter().find(|key| !places.insert(key.place()));
        match twice.map(|key| key.selector.clone()) {
            Some(selector) => Err(DkimKeysProblem::Twice(selector)),
            None => Ok(Self(keys.into())),
        }
    }

    /// A domain with a key whose signatures are not those of a sender in `domain` (RFC 7489, section 3.1.1: neither the same nor one
    /// above it).
    #[must_use]
    pub fn stranger_to(&self, domain: &str) -> Option<&str> {
        let domain = domain.to_ascii_lowercase();
        let is_above = |above: &str| {
            let below = domain.strip_suffix(above);
            below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        };
        let mut domains = self.0.iter().map(Key::domain);
        domains.find(|domain| !is_above(domain))
    }

    /// What signs a message of this date: at most one of each algorithm, and of two from the same time the later in the file.
    pub(super) fn at(&self, date: OffsetDateTime) -> impl Iterator<Item = &Key> {
        [Algorithm::Rsa, Algorithm::Ed25519]
            .into_iter()
            .filter_map(move |algorithm| {
                let of_algorithm = self.0.iter().filter(|key| key.algorithm() == algorithm);
                of_algorithm
                    .filter(|key| key.from.is_some_and(|from| from <= date))
                    .max_by_key(|key| key.from)
            })
    }
}

impl Key {
    fn of(entry: Entry) -> Result<Self, DkimKeysProblem> {
        let Entry {
            selector,
            domain,
            algorithm,
            from,
            pem,
        } = entry;
        if !(is_name(&selector) && is_name(&domain)) {
            return Err(DkimKeysProblem::Name);
        }
        let pair = Pair::of(algorithm, &pem).ok_or_else(|| DkimKeysProblem::NotAKey(selector.clone()))?;
        let from = from.map(|from| OffsetDateTime::parse(&from, &Rfc3339));
        let from = from
            .transpose()
            .map_err(|_| DkimKeysProblem::From(selector.clone()))?;
        Ok(Self {
            selector,
            domain,
            from,
            pair,
        })
    }

    pub(super) fn selector(&self) -> &str {
        &self.selector
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Rsa(_) => Algorithm::Rsa,
            Pair::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The signature of this data; the same each time.
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, Unsigned> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                    .map_err(|_| Unsigned)?;
                Ok(signature)
            }
            // RFC 8463, section 3: of the hash of the data.
            Pair::Ed25519(pair) => {
                let signature = pair.try_sign(digest(&SHA256, data).as_ref());
                Ok(signature.map_err(|_| Unsigned)?.as_ref().to_vec())
            }
        }
    }

    fn place(&self) -> (&str, &str) {
        (&self.selector, &self.domain)
    }
}

impl Algorithm {
    /// As signatures name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }
}

impl Pair {
    fn of(algorithm: Algorithm, pem: &str) -> Option<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
        let der = key.secret_pkcs8_der();
        match algorithm {
            Algorithm::Rsa => {
                let pair = RsaKeyPair::from_pkcs8(der).ok()?;
                (pair.public_modulus_len() <= MAX_MODULUS).then_some(Self::Rsa(pair))
            }
            // "Maybe unchecked": openssl writes version 1, which has no public half to check against.
            Algorithm::Ed25519 => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)
                .ok()
                .map(Self::Ed25519),
        }
    }
}

/// Whether it can stand in the name of a record.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !(label.starts_with('-') || label.ends_with('-'))
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    text.len() <= MAX_NAME && text.split('.').all(is_label)
}

// By hand: the keys must not come into a log.
impl fmt::Debug for DkimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DkimKeys([redacted])")
    }
}

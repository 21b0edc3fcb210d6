//! The one reader of compact JWS (RFC 7515). It verifies nothing by the token's own word.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::{KeySet, TokenProblem, unique};

/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// A token taken apart, not yet believed.
pub(crate) struct Unverified<'t> {
    header: Header,
    signed: &'t str,
    signature: Vec<u8>,
    payload: Vec<u8>,
}

/// The parameters that matter. Those that would let a token bring its own key, or change how it is read, are only
/// noted as present, whatever their value.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    jku: bool,
    #[serde(default, deserialize_with = "present")]
    jwk: bool,
    #[serde(default, deserialize_with = "present")]
    x5u: bool,
    #[serde(default, deserialize_with = "present")]
    x5c: bool,
    #[serde(default, deserialize_with = "present")]
    b64: bool,
    #[serde(default, deserialize_with = "present")]
    zip: bool,
    #[serde(default, deserialize_with = "present")]
    enc: bool,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
    pub(crate) fn read(token: &'t str) -> Result<Self, TokenProblem> {
        if token.len() > MAX_LENGTH {
            return Err(TokenProblem::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenProblem::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenProblem::Malformed)?;
        let header = decode(header)?;
        unique::check(&header)?;
        let header: Header = json(&header)?;
        let Header {
            crit,
            jku,
            jwk,
            x5u,
            x5c,
            b64,
            zip,
            enc,
            ..
        } = header;
        if crit || jku || jwk || x5u || x5c || b64 || zip || enc {
            return Err(TokenProblem::Header);
        }
        Ok(Self {
            signed,
            signature: decode(signature)?,
            payload: decode(payload)?,
            header,
        })
    }

    /// Refuses every `typ` but these; `None` stands for a header without one. Compared as RFC 7515 §4.1.9 says.
    pub(crate) fn check_type(&self, allowed: &[Option<&str>]) -> Result<(), TokenProblem> {
        let given = self.header.typ.as_deref().map(|typ| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
        });
        if allowed.contains(&given.as_deref()) {
            Ok(())
        } else {
            Err(TokenProblem::Type)
        }
    }

    /// The `kid`; a token without one is not believed.
    pub(crate) fn key_id(&self) -> Result<&str, TokenProblem> {
        self.header.kid.as_deref().ok_or(TokenProblem::UnknownKey)
    }

    /// What the token says it is signed with. Only good for choosing among keys of its `kid`: each verifies one algorithm.
    pub(crate) fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// The claims before the signature was checked: only good for choosing the issuer whose keys are asked.
    pub(crate) fn unverified_claims<C: for<'de> Deserialize<'de>>(&self) -> Result<C, TokenProblem> {
        json(&self.payload)
    }

    /// The payload, if a key of the set signed it with the algorithm of that key, and nothing stands twice in it.
    pub(crate) fn verify(&self, keys: &KeySet) -> Result<&[u8], TokenProblem> {
        let key = keys.key(self.key_id()?, self.algorithm())?;
        let signed = self.signed.as_bytes();
        // What is the same bytes needs neither check again.
        keys.signatures.or_check(signed, &self.signature, || {
            key.verify(signed, &self.signature)?;
            unique::check(&self.payload)
        })?;
        Ok(&self.payload)
    }
}

/// JSON of a token part.
pub(crate) fn json<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, TokenProblem> {
    serde_json::from_slice(bytes).map_err(|_| TokenProblem::Malformed)
}

/// Strict base64url: no padding, no stray bits, so that one token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, TokenProblem> {
    if part.is_empty() {
        return Err(TokenProblem::Malformed);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenProblem::Malformed)
}

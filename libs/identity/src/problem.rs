//! Why a token is not believed. Callers are told only that it is not valid; operators see which rule it broke.

use std::time::Duration;

/// A token that is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// Not three base64url parts, no JSON in them, or a member that stands twice.
    #[error("token is malformed")]
    Malformed,
    /// Longer than any honest token.
    #[error("token is too long")]
    TooLong,
    /// The header carries something that must not steer verification (`crit`, `jku`, `x5u`, `jwk`, `x5c`, `b64`, `zip`, `enc`).
    #[error("token header carries a forbidden parameter")]
    Header,
    /// The `typ` is that of another kind of token.
    #[error("token has the wrong type")]
    Type,
    /// No `kid`, or none of ours.
    #[error("token names no known key")]
    UnknownKey,
    /// The algorithm is not the one of the key.
    #[error("token names an algorithm that is not the key's")]
    Algorithm,
    /// The signature does not fit.
    #[error("token signature does not fit")]
    Signature,
    /// A claim is missing or has an impossible value.
    #[error("token claim `{0}` is missing or unusable")]
    Claim(&'static str),
    /// Past its `exp`.
    #[error("token has expired")]
    Expired,
    /// Before its `nbf`, or issued in the future.
    #[error("token is not valid yet")]
    NotYet,
    /// Of an issuer that is not configured.
    #[error("token is of an unknown issuer")]
    Issuer,
    /// For somebody else.
    #[error("token is for another audience")]
    Audience,
    /// For another method.
    #[error("token is for another method")]
    Method,
    /// The issuer's keys could never be fetched, and will not be asked for again before this time is over.
    #[error("keys of the issuer are not available")]
    IssuerUnavailable(Duration),
    /// The token does not carry the person's address, and the issuer does not answer where it would tell it.
    #[error("issuer does not answer where it tells the person's address")]
    AddressUnavailable,
}

impl TokenProblem {
    /// A short name of the kind, to count by.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Header => "header",
            Self::Type => "type",
            Self::UnknownKey => "unknown_key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Claim(_) => "claim",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Method => "method",
            Self::IssuerUnavailable(_) => "issuer_unavailable",
            Self::AddressUnavailable => "address_unavailable",
        }
    }
}

//! What an issuer says of itself (OpenID Connect Discovery 1.0).

use serde::{Deserialize, Deserializer};
use url::{Host, Url};

use super::fetch::{self, FetchProblem};

/// An issuer's own word about where it is asked what.
///
/// An address over which a secret could be overheard (neither `https` nor `http` on loopback) counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    issuer: String,
    pub(super) jwks_uri: String,
    /// Where people are sent to sign in.
    #[serde(default, deserialize_with = "address")]
    pub authorization_endpoint: Option<Url>,
    /// Where codes are traded for tokens.
    #[serde(default, deserialize_with = "address")]
    pub token_endpoint: Option<Url>,
    #[serde(default, deserialize_with = "address")]
    pub(super) userinfo_endpoint: Option<Url>,
    /// Whether it may be asked for single claims (OpenID Connect Core §5.5).
    #[serde(default, rename = "claims_parameter_supported")]
    pub takes_claims: bool,
    /// Whether it names itself in every answer to a sign-in (RFC 9207, section 3).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub names_itself: bool,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| acceptable(text));
    Ok(text.and_then(|text| Url::parse(&text).ok()))
}

/// Reads the discovery document of this issuer.
pub(super) async fn read(http: &reqwest::Client, issuer: &str) -> Result<Provider, FetchProblem> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = fetch::get(http.get(url)).await?;
    let provider: Provider = serde_json::from_slice(&document).map_err(|_| FetchProblem::Discovery)?;
    if provider.issuer != issuer {
        return Err(FetchProblem::OtherIssuer);
    }
    if !acceptable(&provider.jwks_uri) {
        return Err(FetchProblem::JwksUri);
    }
    Ok(provider)
}

/// Whether an issuer may be asked there: over TLS, or on this very machine.
pub(super) fn acceptable(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_absent_unreadable_or_overheard_count_as_absent() {
        let document = r#"{ "issuer": "https://id.test", "jwks_uri": "https://id.test/keys",
            "authorization_endpoint": "https://id.test/authorize", "token_endpoint": "http://id.test/token" }"#;
        let provider: Provider = serde_json::from_str(document).unwrap();
        assert!(provider.authorization_endpoint.is_some());
        assert_eq!(provider.token_endpoint, None);
        let empty = document.replace("http://id.test/token", "");
        assert_eq!(serde_json::from_str::<Provider>(&empty).unwrap(), provider);
    }
}

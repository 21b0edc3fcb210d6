//! What an issuer says of itself (OpenID Connect Discovery 1.0).

use serde_json::{Map, Value};
use url::{Host, Url};

use super::fetch::{self, FetchProblem};
use crate::keys::shortened;

/// An issuer's own word about where it is asked what. Nothing else of its document is looked at, so that nothing else in it can
/// be wrong.
///
/// An address over which a secret could be overheard (neither `https` nor `http` on loopback) counts as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub(super) jwks_uri: String,
    /// Where people are sent to sign in.
    pub authorization_endpoint: Option<Url>,
    /// Where codes are traded for tokens.
    pub token_endpoint: Option<Url>,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Whether it may be asked for single claims (OpenID Connect Core §5.5).
    pub takes_claims: bool,
    /// Whether it names itself in every answer to a sign-in (RFC 9207, section 3).
    pub names_itself: bool,
}

/// Where this issuer's discovery document is.
pub(super) fn address(issuer: &str) -> String {
    format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    )
}

/// Reads the discovery document of this issuer.
pub(super) async fn read(http: &reqwest::Client, issuer: &str) -> Result<Provider, FetchProblem> {
    let answer = fetch::get(http.get(address(issuer))).await?;
    provider(issuer, &answer.json()?)
}

fn provider(issuer: &str, document: &Map<String, Value>) -> Result<Provider, FetchProblem> {
    let text = |name| document.get(name).and_then(Value::as_str);
    let named = text("issuer").ok_or(FetchProblem::Missing("issuer"))?;
    if named != issuer {
        return Err(FetchProblem::OtherIssuer(shortened(named)));
    }
    let jwks_uri = text("jwks_uri").ok_or(FetchProblem::Missing("jwks_uri"))?;
    if !acceptable(jwks_uri) {
        return Err(FetchProblem::JwksUri(shortened(jwks_uri)));
    }
    let endpoint = |name| Url::parse(text(name).filter(|url| acceptable(url))?).ok();
    Ok(Provider {
        jwks_uri: jwks_uri.to_owned(),
        authorization_endpoint: endpoint("authorization_endpoint"),
        token_endpoint: endpoint("token_endpoint"),
        userinfo_endpoint: endpoint("userinfo_endpoint"),
        takes_claims: says_yes(document.get("claims_parameter_supported")),
        names_itself: says_yes(document.get("authorization_response_iss_parameter_supported")),
    })
}

/// Some providers write it as text.
fn says_yes(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
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
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.test";

    /// What is read of a document with these members, beside the ones that must be there.
    fn with(members: &Value) -> Provider {
        let mut document = json!({ "issuer": ISSUER, "jwks_uri": "https://id.test/keys" });
        let document = document.as_object_mut().unwrap();
        document.extend(members.as_object().unwrap().clone());
        provider(ISSUER, document).unwrap()
    }

    #[test]
    fn addresses_that_are_absent_unreadable_or_overheard_count_as_absent() {
        let nothing = with(&json!({}));
        for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"] {
            assert_ne!(with(&json!({ name: "https://id.test/there" })), nothing, "{name}");
            for unusable in [
                json!("http://id.test/there"),
                json!(""),
                json!("there"),
                json!(["https://id.test"]),
            ] {
                assert_eq!(with(&json!({ name: unusable })), nothing, "{name} {unusable}");
            }
        }
    }

    #[test]
    fn a_hint_is_taken_as_it_is_meant_and_spoils_nothing() {
        for (value, meant) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("True"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("yes, please"), false),
            (json!(1), false),
            (json!(null), false),
            (json!([true]), false),
            (json!({ "true": true }), false),
        ] {
            let hints = json!({
                "claims_parameter_supported": value, "authorization_response_iss_parameter_supported": value,
                "scopes_supported": value, "response_types_supported": value, "request_parameter_supported": value,
            });
            let provider = with(&hints);
            assert_eq!(
                (provider.takes_claims, provider.names_itself),
                (meant, meant),
                "{value}"
            );
        }
    }

    #[test]
    fn without_the_members_that_are_needed_it_is_told_which() {
        for name in ["issuer", "jwks_uri"] {
            for value in [json!(null), json!(1), json!([ISSUER])] {
                let mut document = json!({ "issuer": ISSUER, "jwks_uri": "https://id.test/keys" });
                document[name] = value;
                let problem = provider(ISSUER, document.as_object().unwrap()).unwrap_err();
                assert_eq!(problem.to_string(), format!("it has no `{name}` that is text"));
            }
        }
    }
}

//! Discovery (OIDC Discovery 1.0) and key sets over HTTP, with small limits.

use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use crate::{KeySet, KeySetProblem};

const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchProblem {
    #[error("request to the issuer failed")]
    Http(#[from] reqwest::Error),
    #[error("answer is larger than 256 KiB")]
    TooLarge,
    #[error("discovery document is not one")]
    Discovery,
    #[error("discovery document is of another issuer")]
    OtherIssuer,
    #[error("jwks_uri is neither https nor http on loopback")]
    JwksUri,
    #[error(transparent)]
    Keys(#[from] KeySetProblem),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// A client that follows no redirects: what an issuer publishes stands where it says it stands.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
}

/// Whether keys may be fetched from there: over TLS, or on this very machine.
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

/// Where the issuer publishes its keys.
pub(super) async fn discover(http: &reqwest::Client, issuer: &str) -> Result<String, FetchProblem> {
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let document = get(http, &url).await?;
    let discovery: Discovery = serde_json::from_slice(&document).map_err(|_| FetchProblem::Discovery)?;
    if discovery.issuer != issuer {
        return Err(FetchProblem::OtherIssuer);
    }
    if !acceptable(&discovery.jwks_uri) {
        return Err(FetchProblem::JwksUri);
    }
    Ok(discovery.jwks_uri)
}

/// The keys published there.
pub(super) async fn key_set(http: &reqwest::Client, uri: &str) -> Result<KeySet, FetchProblem> {
    Ok(KeySet::parse(&get(http, uri).await?)?)
}

async fn get(http: &reqwest::Client, url: &str) -> Result<Vec<u8>, FetchProblem> {
    let mut response = http.get(url).send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(FetchProblem::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

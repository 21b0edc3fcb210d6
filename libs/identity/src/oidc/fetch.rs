//! Documents of issuers over HTTP, with small limits.

use std::time::Duration;

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
    #[error("discovery document names no userinfo_endpoint that can be used")]
    NoUserInfo,
    #[error("answer of the UserInfo endpoint is not JSON")]
    UserInfo,
    #[error("answer of the UserInfo endpoint is about another person")]
    OtherPerson,
    #[error(transparent)]
    Keys(#[from] KeySetProblem),
}

/// A client that follows no redirects: what an issuer publishes stands where it says it stands.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
}

/// The keys published there.
pub(super) async fn key_set(http: &reqwest::Client, uri: &str) -> Result<KeySet, FetchProblem> {
    Ok(KeySet::parse(&get(http.get(uri)).await?)?)
}

/// The body of a good answer.
pub(super) async fn get(request: reqwest::RequestBuilder) -> Result<Vec<u8>, FetchProblem> {
    let mut response = request.send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(FetchProblem::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

//! Documents of issuers over HTTP, with small limits. What goes wrong is told in words that an operator can act on.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::keys::shortened;
use crate::{KeySet, KeySetProblem};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Of what was unpacked, where an answer is compressed.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchProblem {
    #[error("no answer: {}", chain(.0))]
    Unreachable(reqwest::Error),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Slow,
    #[error("the answer is a redirect ({status}) to {to}; redirects are not followed")]
    Redirect { status: StatusCode, to: String },
    #[error("the answer is {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Body(BodyProblem),
    #[error("the answer is not JSON of the shape that is expected (content-type: {0})")]
    NotJson(String),
    #[error("it has no `{0}` that is text")]
    Missing(&'static str),
    #[error("it is the document of the issuer {0}; the issuer's url must be written exactly so")]
    OtherIssuer(String),
    #[error("its jwks_uri, {0}, is neither https nor http on loopback")]
    JwksUri(String),
    #[error("the discovery document names no userinfo_endpoint that can be used: https, or http on loopback")]
    NoUserInfo,
    #[error("the answer is about another person")]
    OtherPerson,
    #[error(transparent)]
    Keys(#[from] KeySetProblem),
}

/// An answer whose body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyProblem {
    /// It ended too early, or is not packed as it says.
    #[error("the answer broke off, or is not packed as it says: {}", chain(.0))]
    Broken(reqwest::Error),
    /// Nothing that is asked for is so large.
    #[error("the answer is larger than {} KiB", MAX_BYTES / 1024)]
    TooLarge,
    /// Gzip is taken, and nothing else.
    #[error("the answer is packed as {0}, which was not asked for; gzip is taken")]
    Encoding(String),
}

/// A good answer.
pub(super) struct Answer {
    content_type: String,
    pub(super) body: Vec<u8>,
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
    let answer = get(http.get(uri)).await?;
    let keys = KeySet::parse(&answer.body);
    keys.map_err(|problem| match problem {
        KeySetProblem::NotAKeySet => answer.not_json(),
        problem => problem.into(),
    })
}

/// A good answer to this request.
pub(super) async fn get(request: reqwest::RequestBuilder) -> Result<Answer, FetchProblem> {
    let response = request.send().await?;
    let status = response.status();
    if status.is_redirection() {
        let to = header(&response, LOCATION);
        return Err(FetchProblem::Redirect { status, to });
    }
    if !status.is_success() {
        return Err(FetchProblem::Status(status));
    }
    let content_type = header(&response, CONTENT_TYPE);
    let body = body(response).await?;
    Ok(Answer { content_type, body })
}

/// The body of an answer, unpacked, as far as an honest one goes.
///
/// # Errors
/// It cannot be read to its end, or is too large.
pub async fn body(mut response: Response) -> Result<Vec<u8>, BodyProblem> {
    // The client has taken the header of what it unpacks away.
    let packed = header(&response, CONTENT_ENCODING);
    if !["", "identity"].contains(&packed.as_str()) {
        return Err(BodyProblem::Encoding(packed));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(BodyProblem::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Answer {
    /// Whatever type it calls itself: issuers serve JSON as text, and pages as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, FetchProblem> {
        serde_json::from_slice(&self.body).map_err(|_| self.not_json())
    }

    fn not_json(&self) -> FetchProblem {
        FetchProblem::NotJson(self.content_type.clone())
    }
}

impl From<reqwest::Error> for FetchProblem {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Slow
        } else {
            Self::Unreachable(error.without_url())
        }
    }
}

impl From<reqwest::Error> for BodyProblem {
    fn from(error: reqwest::Error) -> Self {
        Self::Broken(error.without_url())
    }
}

impl From<BodyProblem> for FetchProblem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::Broken(error) if error.is_timeout() => Self::Slow,
            problem => Self::Body(problem),
        }
    }
}

fn header(response: &Response, name: HeaderName) -> String {
    let value = response.headers().get(name);
    shortened(&value.map_or_else(String::new, |value| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    }))
}

/// What happened, and what it came of: that a name is not known, a certificate not trusted.
fn chain(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    words
}

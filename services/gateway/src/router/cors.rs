//! Pages of other origins that may call in JSON and gRPC-Web (CORS, as the Fetch Standard says it).
//!
//! Only origins that are named may, and only with a token that their script sends along: no cookie crosses, because
//! `Access-Control-Allow-Credentials` is never said. Whoever is not named is told nothing, and the browser keeps the answer
//! to itself.

use std::fmt;
use std::iter::once;
use std::str::FromStr;
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, COOKIE, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tonic::body::Body;
use url::Url;

/// What a script may do and say, and what it may read of the answer beyond what every script may.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: &str = "authorization, content-type, muster-reason, grpc-timeout, x-grpc-web, x-user-agent, traceparent, tracestate";
/// In seconds; browsers believe no more than two hours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "grpc-status, grpc-message, grpc-status-details-bin, www-authenticate, retry-after",
);

/// Origins whose pages may call; none unless some are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Arc<[HeaderValue]>);

/// Headers that scripts may send beyond those of the contract, such as those that tracing in browsers adds. They are let
/// through browsers and read by nobody here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtraHeaders(Arc<[HeaderName]>);

/// The text names no headers.
#[derive(Debug, thiserror::Error)]
#[error("is neither `none` nor a list of header names such as baggage,sentry-trace: {0}")]
pub struct InvalidHeaders(String);

impl FromStr for ExtraHeaders {
    type Err = InvalidHeaders;

    fn from_str(text: &str) -> Result<Self, InvalidHeaders> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        let named = text.split(',').map(|one| header_name(one.trim()));
        named
            .collect::<Result<Vec<_>, _>>()
            .map(|named| Self(named.into()))
    }
}

impl fmt::Display for ExtraHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} headers", self.0.len())
    }
}

/// A header that a script could be allowed to send: cookies never are, and a wildcard would name what nobody has named.
fn header_name(text: &str) -> Result<HeaderName, InvalidHeaders> {
    HeaderName::from_str(text)
        .ok()
        .filter(|name| *name != COOKIE && name.as_str() != "*")
        .ok_or_else(|| InvalidHeaders(format!("`{text}`")))
}

/// The text names no origins.
#[derive(Debug, thiserror::Error)]
#[error(
    "is neither `none` nor a list of origins such as https://app.example.org,https://admin.example.org:8443: {0}"
)]
pub struct InvalidOrigins(String);

impl FromStr for Origins {
    type Err = InvalidOrigins;

    fn from_str(text: &str) -> Result<Self, InvalidOrigins> {
        if text.trim() == "none" {
            return Ok(Self::default());
        }
        let (named, wrong): (Vec<_>, Vec<_>) = text
            .split(',')
            .map(|one| origin(one.trim()))
            .partition(Result::is_ok);
        let wrong: Vec<_> = wrong.into_iter().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            return Err(InvalidOrigins(wrong.join("; ")));
        }
        Ok(Self(named.into_iter().flatten().collect()))
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} origins", self.0.len())
    }
}

/// An origin as browsers write it (RFC 6454, section 6.2): what is written otherwise would never be met.
fn origin(text: &str) -> Result<HeaderValue, String> {
    if text.contains('*') {
        return Err(format!(
            "`{text}` would let pages call that nobody has named, and tokens travel"
        ));
    }
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let written = url
        .ok_or_else(|| format!("`{text}` is no origin"))?
        .origin()
        .ascii_serialization();
    if written != text {
        return Err(format!("browsers write `{text}` as {written}"));
    }
    HeaderValue::from_str(text).map_err(|_| format!("`{text}` is no origin"))
}

/// Whether a browser asks if a script may send something.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    *request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Tells browsers who may.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    origins: Origins,
    headers: HeaderValue,
}

impl Cors {
    pub(crate) fn new(origins: Origins, extra: &ExtraHeaders) -> Self {
        let names = once(HEADERS).chain(extra.0.iter().map(HeaderName::as_str));
        let names = names.collect::<Vec<_>>().join(", ");
        Self {
            origins,
            // Names of headers are always valid values.
            headers: HeaderValue::try_from(names).unwrap_or(HeaderValue::from_static(HEADERS)),
        }
    }

    /// Whether a script may send what it wants to, which is the same for all paths: who may call what is decided later, by
    /// the token.
    pub(crate) fn preflight(&self, asked: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FORBIDDEN;
        if self.tell(asked.get(ORIGIN), response.headers_mut()) {
            *response.status_mut() = StatusCode::NO_CONTENT;
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
        response
    }

    /// Lets the page of this origin read an answer, if it is one of them.
    pub(crate) fn answer(&self, origin: Option<&HeaderValue>, response: &mut Response<Body>) {
        if self.tell(origin, response.headers_mut()) {
            response
                .headers_mut()
                .insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn tell(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) -> bool {
        if self.origins.0.is_empty() {
            return false;
        }
        // Also where nobody is told anything: what is kept for one must not be handed to another.
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(named) = origin.filter(|origin| self.origins.0.contains(origin)) else {
            return false;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, named.clone());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let named: Origins = "https://app.example.org, http://localhost:5173,https://[::1]:8443"
            .parse()
            .unwrap();
        assert_eq!(named.0.len(), 3);
        assert_eq!("none".parse::<Origins>().unwrap(), Origins::default());
        for bad in [
            "",
            "*",
            "null",
            "https://*.example.org",
            "https://app.example.org/",
            "https://app.example.org/path",
            "https://App.example.org",
            "https://app.example.org:443",
            "https://user@app.example.org",
            "app.example.org",
            "ftp://app.example.org",
            "file:///",
            "https://app.example.org,",
            "none,https://app.example.org",
        ] {
            assert!(bad.parse::<Origins>().is_err(), "{bad}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let told = "*,https://a.example,https://B.example".parse::<Origins>();
        let told = told.unwrap_err().to_string();
        assert!(told.contains("`*` would let"), "{told}");
        assert!(
            told.contains("`https://B.example` as https://b.example"),
            "{told}"
        );
        assert!(!told.contains("https://a.example"), "{told}");
    }
}

//! Posted forms: the only way in which a page changes anything.

use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, ORIGIN};
use serde::Deserialize;

/// A posted form of ours.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Form {
    /// Shows that the form came from a page of this session, and what that page showed.
    #[serde(default)]
    pub(crate) form_token: String,
    /// A box that can be ticked where an invitation is declined; empty when it is not.
    #[serde(default)]
    pub(crate) do_not_invite_again: String,
    /// The name of one of several invitations on a page.
    #[serde(default)]
    pub(crate) invitation: String,
    /// What is chosen and typed on a join page.
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) address: String,
    /// What moves from where to where, of what is taken.
    #[serde(default)]
    pub(crate) assignment: String,
    #[serde(default)]
    pub(crate) to: String,
    /// Who may read a learning record: at which organization, by which grant, until which day, and where that day ends.
    #[serde(default)]
    pub(crate) organization: String,
    #[serde(default)]
    pub(crate) grant: String,
    #[serde(default)]
    pub(crate) until: String,
    #[serde(default)]
    pub(crate) zone: String,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = std::convert::Infallible;

    /// An unreadable form is an empty one: its missing token is refused where the session is looked at.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let read: Result<axum::Form<Self>, FormRejection> = axum::Form::from_request(request, state).await;
        Ok(read.map(|axum::Form(form)| form).unwrap_or_default())
    }
}

/// Says from where a browser was sent to us (Fetch Metadata); no script can set it.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the browser says that the form was posted from a page of ours. Browsers send `Origin` with every POST, and the
/// newer ones `Sec-Fetch-Site` too: neither may speak against it.
pub(crate) fn same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let from_elsewhere = headers
        .get(FETCH_SITE)
        .is_some_and(|site| site == "cross-site" || site == "same-site");
    let foreign = match headers.get(ORIGIN) {
        // `null` comes from our own `Referrer-Policy: no-referrer`; the form token decides then.
        Some(sent) => sent != origin && sent != "null",
        None => false,
    };
    !from_elsewhere && !foreign
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_posted_from_elsewhere_is_told_by_either_header() {
        let ours = |origin: Option<&'static str>, site: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(origin.map(|text| (ORIGIN, HeaderValue::from_static(text))));
            headers.extend(site.map(|text| (FETCH_SITE, HeaderValue::from_static(text))));
            same_origin(&headers, "https://muster.example")
        };
        assert!(ours(Some("https://muster.example"), Some("same-origin")));
        assert!(ours(Some("null"), Some("same-origin")));
        assert!(ours(Some("null"), None));
        assert!(ours(None, None));
        assert!(!ours(Some("https://elsewhere.example"), None));
        assert!(!ours(Some("null"), Some("cross-site")));
        assert!(!ours(None, Some("cross-site")));
        assert!(!ours(None, Some("same-site")), "a neighbour is not us");
    }
}

//! The headers that every page carries.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

/// What an answer may load, where it is more than what stands in every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// A page that shows pictures of this origin.
    WithPictures,
    /// A picture: it loads nothing and does nothing, is shown by pages of this origin alone, and is asked for again by its ETag.
    Picture,
}

impl Policy {
    /// What it says in place of the headers of every page.
    fn headers(self) -> Vec<(HeaderName, &'static str)> {
        match self {
            Self::WithPictures => vec![(
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            )],
            Self::Picture => vec![
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; frame-ancestors 'none'; sandbox",
                ),
                (header::CACHE_CONTROL, "no-cache"),
                (
                    HeaderName::from_static("cross-origin-resource-policy"),
                    "same-origin",
                ),
            ],
        }
    }
}

/// Pages load nothing from elsewhere, run no script, post only to us, stand in no frame, leave no trace in caches,
/// referrers or search engines.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// For a year browsers come to this host by https only (RFC 6797), whatever a link says. Other hosts below it decide for
/// themselves.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Sets the headers, whatever the handler answered; `https`: that is how people reach the pages.
pub(crate) async fn set(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if https {
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
    }
    let policy = response.extensions().get::<Policy>().copied();
    let own = policy.map(Policy::headers).unwrap_or_default();
    for (name, value) in HEADERS.into_iter().chain(own) {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

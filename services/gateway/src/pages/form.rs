//! Posted forms: the only way in which a page changes anything.

use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use serde::Deserialize;

/// A posted form of ours.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Form {
    /// Shows that the form came from a page of this session.
    #[serde(default)]
    pub(crate) form_token: String,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = std::convert::Infallible;

    /// An unreadable form is an empty one: its missing token is refused where the session is looked at.
    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let read: Result<axum::Form<Self>, FormRejection> = axum::Form::from_request(request, state).await;
        Ok(read.map(|axum::Form(form)| form).unwrap_or_default())
    }
}

/// Whether the browser says that the form was posted from a page of ours; browsers send `Origin` with every POST.
pub(crate) fn same_origin(headers: &HeaderMap, origin: &str) -> bool {
    match headers.get(ORIGIN) {
        // `null` comes from our own `Referrer-Policy: no-referrer`; the form token decides then.
        Some(sent) => sent == origin || sent == "null",
        None => true,
    }
}

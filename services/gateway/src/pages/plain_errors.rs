//! Errors that the web framework answers by itself become pages in our own words: whoever follows a broken link is not told
//! about deserialization.

use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::middleware::Next;
use axum::response::Response;

use super::view::{self, Problem};

/// Replaces every error that is no page.
pub(crate) async fn replace(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if !failed || view::is_page(&response) {
        return response;
    }
    let mut page = view::problem(&Problem::of_status(status));
    if let Some(allow) = response.headers().get(ALLOW) {
        page.headers_mut().insert(ALLOW, allow.clone());
    }
    page
}

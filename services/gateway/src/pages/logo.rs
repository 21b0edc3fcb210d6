//! The logo of an organization, which its join page shows: a picture that the organization service made, from this origin.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use muster_proto::organization::v1::LookupJoinPageLogoRequest;
use muster_refusal::{ErrorReason, reason_of};

use super::Pages;
use super::headers::Policy;
use super::view::{self, Problem};
use crate::limits::ClientAddress;

/// `GET /join/{slug}/logo`.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Path(slug): Path<String>,
    client: ClientAddress,
    headers: HeaderMap,
) -> Response {
    let request = LookupJoinPageLogoRequest { slug };
    let found = match pages.edge.lookup_join_page_logo(&client, request).await {
        Ok(found) => found,
        Err(status) if reason_of(&status) == Some(ErrorReason::NotFound) => {
            return view::problem(&Problem::no_page());
        }
        Err(status) => return view::problem(&Problem::from_status(&status)),
    };
    let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", found.etag)) else {
        return view::problem(&Problem::unavailable());
    };
    let mut answer = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // Its kind is what this page says of it, whatever it was made from.
        let kind = HeaderValue::from_static("image/png");
        let bytes = found.file.unwrap_or_default().data;
        ([(CONTENT_TYPE, kind)], bytes).into_response()
    };
    answer.headers_mut().insert(ETAG, etag);
    answer.extensions_mut().insert(Policy::Picture);
    answer
}

/// Whether the browser has it already (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let said = headers.get_all(IF_NONE_MATCH).into_iter();
    let tags = said
        .filter_map(|said| said.to_str().ok())
        .flat_map(|said| said.split(','));
    let tags = tags.map(|tag| tag.trim().trim_start_matches("W/"));
    let is_it = |tag: &str| tag == "*" || tag.as_bytes() == etag.as_bytes();
    tags.into_iter().any(is_it)
}

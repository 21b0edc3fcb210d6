//! Lists that go on on another page, behind a link.

use muster_refusal::{ErrorReason, reason_of};
use serde::Deserialize;
use tonic::Status;
use url::form_urlencoded::Serializer;

/// What the address of such a page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Behind {
    /// Behind which page; empty: the first one.
    #[serde(default)]
    pub(crate) page: String,
}

/// The parameter of [`Behind`].
pub(crate) const PAGE: &str = "page";

/// Two lists begin on one page, and each goes on on pages of its own: behind which page of each; `None` for the one that does not
/// stand there.
pub(crate) fn of_two<'a>(one: &'a str, other: &'a str) -> (Option<&'a str>, Option<&'a str>) {
    match (one, other) {
        ("", "") => (Some(""), Some("")),
        ("", other) => (None, Some(other)),
        (one, _) => (Some(one), None),
    }
}

/// The link to what is behind a page of this list, whose page this parameter says; empty when nothing is.
pub(crate) fn next(list: &str, parameter: &str, next_page_token: &str) -> String {
    if next_page_token.is_empty() {
        return String::new();
    }
    let path = format!("{list}?");
    let begin = path.len();
    Serializer::for_suffix(path, begin)
        .append_pair(parameter, next_page_token)
        .finish()
}

/// Whether there is no page where the address says.
pub(crate) fn is_no_page(status: &Status) -> bool {
    let reason = reason_of(status);
    matches!(
        reason,
        Some(ErrorReason::PageTokenInvalid | ErrorReason::InvalidRequest)
    )
}

//! Adding to a failure that was told already, in the headers or trailers that tell it.

use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Lets `add` add to the details of a failure with one of these codes, and writes it down when it did. All other answers stay as they
/// are.
pub(crate) fn retell(
    headers: &mut HeaderMap,
    codes: &[Code],
    add: impl FnOnce(&Status, &mut ErrorDetails) -> Option<()>,
) {
    let code = headers.get(Status::GRPC_STATUS);
    let code = code.map(|code| Code::from_bytes(code.as_bytes()));
    if !code.is_some_and(|code| codes.contains(&code)) {
        return;
    }
    let Some(status) = Status::from_header_map(headers) else {
        return;
    };
    let mut details = status.get_error_details();
    if add(&status, &mut details).is_some() {
        let told = Status::with_error_details(status.code(), status.message(), details);
        // Text and details of a status are always valid header values.
        let _ = told.add_header(headers);
    }
}

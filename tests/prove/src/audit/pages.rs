//! Lists of the edge, from their first page to their last.

use muster_client::CallError;

/// The most that one page holds.
pub(super) const SIZE: i32 = 1000;

/// Everything of a list: `next` asks for the page of a token, and tells what is on it and the token of the page after it.
///
/// # Errors
/// The edge does not answer.
pub(super) async fn all<T>(
    mut next: impl AsyncFnMut(String) -> Result<(Vec<T>, String), CallError>,
) -> Result<Vec<T>, CallError> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let (page, after) = next(token).await?;
        all.extend(page);
        if after.is_empty() {
            return Ok(all);
        }
        token = after;
    }
}

//! Why registry staff look at what is personal.

use http::{HeaderName, HeaderValue};
use muster_text::{TextProblem, line_problems};

/// Where the edge reads it.
pub(crate) const NAME: HeaderName = HeaderName::from_static("muster-reason");
/// Characters.
const MAX_CHARACTERS: usize = 500;

/// A text that states no reason; the gateway would refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// There is nothing, or too much of it.
    #[error("a reason must have 1 to 500 characters")]
    Length,
    /// Others could not read it.
    #[error("a reason {0}: others are to read it")]
    Unreadable(TextProblem),
}

/// The reason as a header, in UTF-8.
pub(crate) fn header(reason: &str) -> Result<HeaderValue, ReasonError> {
    let reason = reason.trim();
    if !(1..=MAX_CHARACTERS).contains(&reason.chars().count()) {
        return Err(ReasonError::Length);
    }
    if let Some(problem) = line_problems(reason).first() {
        return Err(ReasonError::Unreadable(*problem));
    }
    // One line without control characters is a header.
    HeaderValue::from_bytes(reason.as_bytes()).map_err(|_| ReasonError::Unreadable(TextProblem::NotOneLine))
}

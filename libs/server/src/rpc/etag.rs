//! Versions of things, as callers see them (AIP-154): a caller who names the etag that they read is refused when the thing
//! changed since.

use crate::Failure;

/// The etag of a thing whose version is a number.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("{version:x}")
}

/// The version that a caller has seen, as their request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(String);

impl IfMatch {
    /// Of a request; an empty text means whichever version there is.
    #[must_use]
    pub fn of(etag: &str) -> Self {
        Self(etag.to_owned())
    }

    /// Whether the thing is still as the caller saw it. To be asked under the lock of the thing.
    ///
    /// # Errors
    /// [`Failure::EtagMismatch`] when it has another etag now.
    pub fn check(&self, current: &str) -> Result<(), Failure> {
        if self.0.is_empty() || self.0 == current {
            Ok(())
        } else {
            Err(Failure::EtagMismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_version_matches_and_no_name_matches_all() {
        assert!(IfMatch::of("").check(&etag(26)).is_ok());
        assert!(IfMatch::of("1a").check(&etag(26)).is_ok());
        for other in ["1b", "1A", "01a", "26", "\"1a\"", "*"] {
            assert!(
                matches!(IfMatch::of(other).check(&etag(26)), Err(Failure::EtagMismatch)),
                "{other}"
            );
        }
    }
}

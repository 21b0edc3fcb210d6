//! What the access log calls callers: the same word for the same one at all replicas, and no name.
//!
//! A tag is a keyed hash (HMAC-SHA256, RFC 2104) of the person id or the workload's name. Whoever has the key and a list of
//! ids resolves it (`muster-gateway caller`); nobody else does.

use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use muster_identity::Caller;

/// Bytes of the hash that are written: two of a million callers share a tag with a chance of one in 10^7.
const WRITTEN: usize = 8;

/// The tag of a caller.
pub(crate) type CallerTag = Arc<str>;

/// Makes tags.
#[derive(Debug)]
pub(crate) struct CallerTags(hmac::Key);

impl CallerTags {
    /// Tags by a key that is derived from the session key, which all replicas share.
    pub(crate) fn new(session_key: &[u8]) -> Self {
        let session_key = hmac::Key::new(HMAC_SHA256, session_key);
        let derived = hmac::sign(&session_key, b"muster access log v1");
        Self(hmac::Key::new(HMAC_SHA256, derived.as_ref()))
    }

    /// Tags by the key that seals now, the first one.
    pub(crate) fn of_first(session_keys: &[Vec<u8>]) -> Self {
        Self::new(session_keys.first().map_or(&[], Vec::as_slice))
    }

    /// The tag of a caller who is known by more than their network.
    pub(crate) fn of(&self, caller: &Caller) -> Option<CallerTag> {
        match caller {
            Caller::Person(person) => Some(self.of_name(&format!("persons/{}", person.id))),
            Caller::Workload { name } => Some(self.of_name(&format!("workloads/{name}"))),
            Caller::Anonymous => None,
        }
    }

    /// The tag of `persons/{person}` or `workloads/{name}`.
    pub(crate) fn of_name(&self, name: &str) -> CallerTag {
        let hash = hmac::sign(&self.0, name.as_bytes());
        let mut tag = String::with_capacity(2 * WRITTEN);
        for byte in hash.as_ref().iter().take(WRITTEN) {
            // Writing into a string does not fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_the_same_for_one_caller_and_key_and_no_other() {
        let (tags, same, other) = (
            CallerTags::new(&[7; 32]),
            CallerTags::new(&[7; 32]),
            CallerTags::new(&[8; 32]),
        );
        let workload = |name: &str| Caller::Workload {
            name: name.to_owned(),
        };
        let tag = tags.of(&workload("sync")).unwrap();
        assert_eq!(same.of(&workload("sync")), Some(tag.clone()));
        assert_eq!(tags.of_name("workloads/sync"), tag);
        assert_ne!(other.of(&workload("sync")), Some(tag.clone()));
        assert_ne!(tags.of(&workload("sink")), Some(tag.clone()));
        assert_eq!(tags.of(&Caller::Anonymous), None);
        assert!(tag.len() == 16 && !tag.contains("sync"));
    }
}

//! Who holds a lease: it stands in the lease's token.

use std::fmt;

use uuid::{Builder, Uuid};

/// A process, for as long as its session lives. Drawn anew for each, and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder(u64);

impl Holder {
    /// 60 bits: as many as a token has room for.
    const MASK: u64 = (1 << 60) - 1;

    pub(super) fn random() -> Self {
        Self(rand::random::<u64>() & Self::MASK)
    }

    /// Key of its advisory lock.
    pub(super) fn key(self) -> i64 {
        // 60 bits always fit.
        self.0.cast_signed()
    }

    /// A fresh token of a lease: a UUIDv8 (RFC 9562) that begins with the holder. Releases that know nothing of holders
    /// make UUIDv7s, which begin like none of these.
    pub(super) fn token(self) -> Uuid {
        let (before_version, after_version) = (self.0 >> 12, self.0 & 0xfff);
        let first = (before_version << 16) | after_version;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&first.to_be_bytes());
        bytes[8..].copy_from_slice(&rand::random::<[u8; 8]>());
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// How each of its tokens begins, as text: what `lease_is_free!` compares.
    pub(super) fn prefix(self) -> String {
        self.token().to_string().chars().take(18).collect()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:015x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_its_holder_and_no_other() {
        let (one, other) = (Holder::random(), Holder::random());
        let (first, second) = (one.token(), one.token());
        assert_ne!(first, second, "each lease has its own");
        assert_eq!(first.get_version_num(), 8);
        assert_eq!(first.get_variant(), uuid::Variant::RFC4122);
        for token in [first, second] {
            assert!(token.to_string().starts_with(&one.prefix()));
            assert!(!token.to_string().starts_with(&other.prefix()));
        }
        let spelled: String = one.prefix().replace('-', "");
        assert_eq!(&spelled[12..13], "8");
        assert_eq!(format!("{}{}", &spelled[..12], &spelled[13..]), one.to_string());
        assert!(one.key() >= 0);
    }
}

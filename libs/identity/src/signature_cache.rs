//! Signatures that were found true a moment ago.
//!
//! Checking an Ed25519 or P-256 signature takes longer than everything else that is checked of a token, and callers
//! send the same token many times. Only that the signature is true is remembered, by the keys that found it: time,
//! audience, method and all other claims are looked at again for every call, and what one set of keys believed is
//! nothing to the next one.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use moka::sync::Cache;

/// About a megabyte when full.
const MAX_SIGNATURES: u64 = 8192;
/// As long as a caller token lives. A person's token lives longer, and is then checked once a minute.
const LIFE: Duration = Duration::from_secs(60);

/// Tokens by the digest of all their bytes.
#[derive(Debug)]
pub(crate) struct SignatureCache(Cache<[u8; 32], ()>);

impl Default for SignatureCache {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MAX_SIGNATURES)
                .time_to_live(LIFE)
                .build(),
        )
    }
}

impl SignatureCache {
    /// Runs `check` unless it has succeeded for the same bytes within the last minute.
    pub(crate) fn or_check<E>(
        &self,
        signed: &[u8],
        signature: &[u8],
        check: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let digest = digest(signed, signature);
        if self.0.contains_key(&digest) {
            return Ok(());
        }
        check()?;
        self.0.insert(digest, ());
        Ok(())
    }
}

/// The signed part has its length in front, so that no byte can move from one part to the other.
fn digest(signed: &[u8], signature: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&(signed.len() as u64).to_be_bytes());
    context.update(signed);
    context.update(signature);
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_bytes_are_believed_and_a_failure_is_not_remembered() {
        let believed = SignatureCache::default();
        let fails = || Err(());
        assert_eq!(believed.or_check(b"ab", b"c", fails), Err(()));
        assert_eq!(believed.or_check(b"ab", b"c", || Ok::<_, ()>(())), Ok(()));
        assert_eq!(believed.or_check(b"ab", b"c", fails), Ok(()));
        for (signed, signature) in [(b"a".as_slice(), b"bc".as_slice()), (b"ab", b"d"), (b"abc", b"")] {
            assert_eq!(believed.or_check(signed, signature, fails), Err(()));
        }
        assert_eq!(
            SignatureCache::default().or_check(b"ab", b"c", fails),
            Err(()),
            "other keys"
        );
    }
}

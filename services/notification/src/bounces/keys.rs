//! The keys that return paths are signed with.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use muster_identity::{SecretKeys, SecretKeysProblem};
use thiserror::Error;

/// What is signed with these keys is signed for this.
const PURPOSE: &[u8] = b"muster.notification.v1.bounce\0";

/// As much of HMAC-SHA256 as has room in a return path: 104 bits (RFC 2104, section 5, wants 80 at least).
pub(super) const TAG_LEN: usize = 13;

/// The keys of return paths. The first one signs, all of them verify, so that a key is exchanged while reports of earlier messages still
/// come. Cheap to clone.
#[derive(Clone)]
pub struct BounceKeys {
    keys: Arc<[hmac::Key]>,
    is_development: bool,
}

/// Keys that cannot be used.
#[derive(Debug, Error)]
pub enum BounceKeysProblem {
    /// The file cannot be read.
    #[error("the keys of return paths cannot be read")]
    File(#[from] std::io::Error),
    /// It does not hold keys.
    #[error(transparent)]
    Keys(#[from] SecretKeysProblem),
}

impl BounceKeys {
    /// Reads the keys from a file, one a line: 32 bytes in base64. Fits as a `value_parser` of a setting.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn from_file(path: &str) -> Result<Self, BounceKeysProblem> {
        Self::parse(&std::fs::read_to_string(Path::new(path))?)
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// It holds something else.
    pub fn parse(text: &str) -> Result<Self, BounceKeysProblem> {
        let read = SecretKeys::parse(text)?;
        let keys = read.keys().iter();
        Ok(Self {
            keys: keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect(),
            is_development: read.is_development(),
        })
    }

    /// Whether a developer's machine made them for itself.
    pub(crate) fn is_development(&self) -> bool {
        self.is_development
    }

    /// By the first key.
    pub(super) fn sign(&self, signed: &[u8]) -> Option<[u8; TAG_LEN]> {
        self.keys.first().and_then(|key| tag(key, signed))
    }

    /// Whether one of the keys made this tag; in constant time.
    pub(super) fn verify(&self, signed: &[u8], given: &[u8]) -> bool {
        let is_made_by = |key: &hmac::Key| {
            tag(key, signed).is_some_and(|tag| verify_slices_are_equal(&tag, given).is_ok())
        };
        self.keys.iter().any(is_made_by)
    }
}

fn tag(key: &hmac::Key, signed: &[u8]) -> Option<[u8; TAG_LEN]> {
    let tag = hmac::sign(key, &[PURPOSE, signed].concat());
    tag.as_ref().first_chunk().copied()
}

// By hand: the keys must not come into a log.
impl fmt::Debug for BounceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BounceKeys([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A key that begins with this byte.
    fn line(first: u8) -> String {
        let mut key = [0; 32];
        key[0] = first;
        STANDARD.encode(key)
    }

    #[test]
    fn keys_are_one_to_four_lines_of_32_bytes_and_never_printed() {
        let text = |lines: &[String]| lines.join("\n");
        for good in [
            text(&[line(1)]),
            format!("\n {} \r\n\n", line(1)),
            text(&[1, 2, 3, 4].map(line)),
        ] {
            assert!(BounceKeys::parse(&good).is_ok(), "{good}");
        }
        let short = STANDARD.encode([1; 31]);
        for bad in [
            String::new(),
            "\n".to_owned(),
            text(&[1, 2, 3, 4, 5].map(line)),
            text(&[line(1), short]),
            text(&[line(1), "no base64".to_owned()]),
            STANDARD.encode([1; 32]),
        ] {
            assert!(BounceKeys::parse(&bad).is_err(), "{bad}");
        }
        assert!(matches!(
            BounceKeys::from_file("/nowhere/at/all"),
            Err(BounceKeysProblem::File(_))
        ));
        let keys = BounceKeys::parse(&line(1)).unwrap();
        assert_eq!(format!("{keys:?}"), "BounceKeys([redacted])");
    }

    #[test]
    fn the_steps_of_deploy_secrets_lose_no_report_before_the_last() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/secrets");
        let name = format!("muster-bounces-{}", muster_clock::Clock::system().new_uuid());
        let directory = std::env::temp_dir().join(name);
        let step = |step: &[&str]| {
            let mut made = std::process::Command::new(&script);
            let done = made.arg(&directory).args(step).output().unwrap().status.success();
            let file = directory.join("notification/bounce-key");
            (done, BounceKeys::from_file(file.to_str().unwrap()).unwrap())
        };
        let (made, mut before) = step(&[]);
        assert!(made && !step(&["use", "bounces"]).0 && step(&["retire", "bounces"]).0);
        let first = before.sign(b"a message").unwrap();
        for name in ["next", "use", "retire"] {
            let (done, after) = step(&[name, "bounces"]);
            // Replicas before and after a step know each other's return paths.
            assert!(done, "{name}");
            let is_known = |by: &BounceKeys, of: &BounceKeys| by.verify(b"x", &of.sign(b"x").unwrap());
            assert!(is_known(&after, &before) && is_known(&before, &after), "{name}");
            assert_eq!(after.verify(b"a message", &first), name != "retire", "{name}");
            before = after;
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

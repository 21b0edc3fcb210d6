//! Secret keys of 32 bytes, as files hold them, and the mark of those that developers' machines make for themselves.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The bytes of a key.
const KEY_LEN: usize = 32;
/// The most keys of a file: the one in use, and those before and after it.
const MAX_KEYS: usize = 4;
/// What a line begins with that marks keys as those of a developer's machine.
const MARK_BEGINS: &str = "# development key";

/// The line that `cargo dev` puts before a key in base64 or PEM. A process that listens off loopback refuses the file. In TOML it is
/// `development = true`.
pub const DEVELOPMENT_MARK: &str = "# development key: refused by a process that listens off loopback";

/// The keys of a file, each a line in base64. The first is used, the others are known.
pub struct SecretKeys {
    keys: Vec<Vec<u8>>,
    is_development: bool,
}

/// Keys that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeysProblem {
    /// Too few or too many lines, or one that is no key.
    #[error("keys are one to four lines of 32 bytes in base64 (openssl rand -base64 32)")]
    NotAKey,
    /// Somebody filled it in.
    #[error("a key whose bytes are all the same can be guessed: make one (openssl rand -base64 32)")]
    Guessable,
}

impl SecretKeys {
    /// Reads the text of a file: one to four lines, 32 bytes in base64 each. Lines without anything are passed over, and so is
    /// [`DEVELOPMENT_MARK`], which is remembered.
    ///
    /// # Errors
    /// It holds something else, or a key that can be guessed.
    pub fn parse(text: &str) -> Result<Self, SecretKeysProblem> {
        let lines = text.lines().map(str::trim);
        let keys: Vec<_> = lines
            .filter(|line| !line.is_empty() && !is_mark(line))
            .map(secret_key)
            .collect::<Result<_, _>>()?;
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(SecretKeysProblem::NotAKey);
        }
        Ok(Self {
            keys,
            is_development: is_marked(text),
        })
    }

    /// The keys, 32 bytes each; at least one.
    #[must_use]
    pub fn keys(&self) -> &[Vec<u8>] {
        &self.keys
    }

    /// Whether a developer's machine made them for itself.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.is_development
    }
}

// By hand: the keys must not come into a log.
impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKeys")
            .field("is_development", &self.is_development)
            .finish_non_exhaustive()
    }
}

/// The 32 bytes of a key in base64.
///
/// # Errors
/// More or fewer bytes, no base64, or bytes that are all the same.
pub fn secret_key(base64: &str) -> Result<Vec<u8>, SecretKeysProblem> {
    let key = STANDARD.decode(base64).map_err(|_| SecretKeysProblem::NotAKey)?;
    if key.len() != KEY_LEN {
        return Err(SecretKeysProblem::NotAKey);
    }
    if is_guessable(&key) {
        return Err(SecretKeysProblem::Guessable);
    }
    Ok(key)
}

/// Whether all bytes are the same, as where somebody put something there for the time being.
pub(crate) fn is_guessable(key: &[u8]) -> bool {
    key.windows(2).all(|pair| pair.first() == pair.last())
}

/// Whether a line of this text says that a developer's machine made the key.
pub(crate) fn is_marked(text: &str) -> bool {
    text.lines().map(str::trim).any(is_mark)
}

fn is_mark(line: &str) -> bool {
    line.starts_with(MARK_BEGINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that begins with this byte.
    fn line(first: u8) -> String {
        let mut key = [0; KEY_LEN];
        key[0] = first;
        STANDARD.encode(key)
    }

    #[test]
    fn keys_are_one_to_four_lines_of_32_bytes() {
        let text = |lines: &[String]| lines.join("\n");
        for (good, count) in [
            (text(&[line(1)]), 1),
            (format!("\n {} \r\n\n", line(1)), 1),
            (text(&[1, 2, 3, 4].map(line)), 4),
        ] {
            assert_eq!(SecretKeys::parse(&good).unwrap().keys().len(), count, "{good}");
        }
        for bad in [
            String::new(),
            "\n".to_owned(),
            DEVELOPMENT_MARK.to_owned(),
            text(&[1, 2, 3, 4, 5].map(line)),
            text(&[line(1), STANDARD.encode([1; 31])]),
            text(&[line(1), "no base64".to_owned()]),
            text(&["# another word".to_owned(), line(1)]),
        ] {
            assert_eq!(
                SecretKeys::parse(&bad).unwrap_err(),
                SecretKeysProblem::NotAKey,
                "{bad}"
            );
        }
    }

    #[test]
    fn a_key_of_the_same_byte_is_refused() {
        for byte in [0, 1, 255] {
            let text = format!("{}\n{}\n", line(1), STANDARD.encode([byte; KEY_LEN]));
            assert_eq!(
                SecretKeys::parse(&text).unwrap_err(),
                SecretKeysProblem::Guessable
            );
        }
    }

    #[test]
    fn the_mark_is_seen_wherever_it_stands() {
        assert!(!SecretKeys::parse(&line(1)).unwrap().is_development());
        for text in [
            format!("{DEVELOPMENT_MARK}\n{}\n", line(1)),
            format!("{}\r\n  {DEVELOPMENT_MARK}\r\n{}", line(1), line(2)),
        ] {
            assert!(SecretKeys::parse(&text).unwrap().is_development(), "{text}");
        }
    }
}

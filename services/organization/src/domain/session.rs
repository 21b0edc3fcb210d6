//! Sessions of the edge's pages that were ended before their time.

use time::OffsetDateTime;

/// Names a session without telling its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionDigest(pub(crate) [u8; 32]);

/// A session that somebody has signed out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndedSession {
    pub(crate) digest: SessionDigest,
    /// When it would have ended by itself.
    pub(crate) end_time: OffsetDateTime,
}

/// The text is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits of lower case")]
pub(crate) struct NotADigest;

impl SessionDigest {
    /// Reads 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Result<Self, NotADigest> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut digest = [0; 32];
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err(NotADigest);
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(digest))
    }
}

fn digit(letter: u8) -> Result<u8, NotADigest> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(NotADigest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_in_one_way() {
        let text = format!("00ff{}", "a1".repeat(30));
        let SessionDigest(bytes) = SessionDigest::parse(&text).unwrap();
        assert_eq!(bytes[..3], [0, 255, 0xa1]);
        for bad in [
            "",
            &text[2..],
            &text.to_uppercase(),
            &format!("{text}00"),
            &format!("g{}", &text[1..]),
        ] {
            assert_eq!(SessionDigest::parse(bad), Err(NotADigest), "{bad}");
        }
    }
}

//! A message as it is sent (RFC 5321, section 4.5.2).

/// What ends a message. Inside one it cannot occur, because a line that begins with a dot gets a second one.
pub(super) const FINAL_DOT: &[u8] = b".\r\n";

/// Doubles the dot at the beginning of a line, and ends every line with CRLF: a lone CR or LF is where servers disagree
/// about what ends a message. [`FINAL_DOT`] may follow.
pub(super) fn transparent(message: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(message.len() + 64);
    for line in lines(message) {
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
        sent.extend_from_slice(b"\r\n");
    }
    sent
}

/// The lines of a message without their ends, whichever they have: CRLF, or a lone CR or LF.
pub(super) fn lines(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after
            .strip_prefix(b"\r\n")
            .or_else(|| after.get(1..))
            .unwrap_or_default();
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_lines_end_with_crlf() {
        let sent = |message: &str| String::from_utf8(transparent(message.as_bytes())).unwrap();
        assert_eq!(sent("a\r\n.\r\n..b\r\n"), "a\r\n..\r\n...b\r\n");
        assert_eq!(sent("a.b\r\n\r\nc"), "a.b\r\n\r\nc\r\n");
        assert_eq!(sent("a\n.\nb\r.\rc\n\r\n"), "a\r\n..\r\nb\r\n..\r\nc\r\n\r\n");
        assert_eq!(sent(""), "");
    }

    #[test]
    fn nothing_in_a_message_ends_it() {
        // Every text of six characters out of these three.
        for number in 0..3_u32.pow(6) {
            let message: Vec<u8> = (0..6)
                .map(|place| b".\r\n"[usize::try_from(number / 3_u32.pow(place) % 3).unwrap()])
                .collect();
            let sent = [b"\r\n", transparent(&message).as_slice()].concat();
            for end in ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n"] {
                let found = sent.windows(end.len()).any(|bytes| bytes == end.as_bytes());
                assert!(!found, "{message:?}");
            }
        }
    }
}

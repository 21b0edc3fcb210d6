//! Reading replies as RFC 5321, section 4.2 has them: three digits, and any text or none.

use crate::domain::Reply;

/// The most that one reply may take, in bytes. Nobody has that much to say.
const MAX_ANSWER: usize = 64 * 1024;

/// All lines of one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    code: u16,
    /// Without codes and line ends.
    lines: Vec<Vec<u8>>,
}

/// What was received is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAReply;

impl Answer {
    /// Reads the reply that these bytes begin with, and tells how many bytes it takes; `None` when it is not all there
    /// yet.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, NotAReply> {
        let (mut lines, mut taken) = (Vec::new(), 0);
        let mut code = None;
        while let Some(end) = line_end(bytes, taken) {
            let line = Line::parse(bytes.get(taken..end).unwrap_or_default())?;
            taken = end;
            // The class decides what becomes of a message: a reply that contradicts itself decides nothing.
            if code.is_some_and(|code: u16| code / 100 != line.code / 100) || taken > MAX_ANSWER {
                return Err(NotAReply);
            }
            code = Some(line.code);
            lines.push(line.text.to_vec());
            if line.is_last {
                let answer = Self {
                    code: line.code,
                    lines,
                };
                return Ok(Some((answer, taken)));
            }
        }
        if bytes.len() > MAX_ANSWER {
            Err(NotAReply)
        } else {
            Ok(None)
        }
    }

    /// Its lines without the code.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(Vec::as_slice)
    }

    /// What is kept of it.
    pub(super) fn reply(&self) -> Reply {
        Reply::of_lines(self.code, &self.lines)
    }
}

/// Where the line that begins at `start` ends, its end included.
fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    Some(start + rest.iter().position(|byte| *byte == b'\n')? + 1)
}

struct Line<'a> {
    code: u16,
    is_last: bool,
    text: &'a [u8],
}

impl<'a> Line<'a> {
    /// `250-text`, `250 text`, `250`. Some servers leave the space out.
    fn parse(line: &'a [u8]) -> Result<Self, NotAReply> {
        let line = line.trim_ascii_end();
        let (digits, rest) = line.split_at_checked(3).ok_or(NotAReply)?;
        let is_number = matches!(digits.first(), Some(b'2'..=b'5')) && digits.iter().all(u8::is_ascii_digit);
        if !is_number || rest.first().is_some_and(u8::is_ascii_digit) {
            return Err(NotAReply);
        }
        let code = digits
            .iter()
            .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        Ok(Self {
            code,
            is_last: rest.first() != Some(&b'-'),
            text: rest
                .strip_prefix(b"-")
                .or_else(|| rest.strip_prefix(b" "))
                .unwrap_or(rest),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>, NotAReply> {
        Answer::parse(bytes)
            .map(|answer| answer.map(|(answer, taken)| (answer.code, answer.lines.len(), taken)))
    }

    #[test]
    fn a_reply_is_its_three_digits_with_any_text_or_none() {
        for bytes in [
            &b"250\r\n"[..],
            b"250 \r\n",
            b"250 ok\r\n",
            b"250ok\r\n",
            b"250\n",
            b"250 2.0.0 Gr\xfc\xdfe\r\n",
            b"250 \xc4\xe3\xba\xc3\r\n",
            b"250 \0\x1b[2J\r\n",
        ] {
            assert_eq!(parsed(bytes), Ok(Some((250, 1, bytes.len()))), "{bytes:?}");
        }
    }

    #[test]
    fn a_reply_may_have_many_lines_and_come_in_pieces() {
        let whole = b"250-mail.example\r\n250-\r\n250-SIZE 10\r\n250 \xff\r\n354 go\r\n";
        let first = whole.len() - b"354 go\r\n".len();
        for end in 0..first {
            assert_eq!(parsed(&whole[..end]), Ok(None), "{end}");
        }
        assert_eq!(parsed(whole), Ok(Some((250, 4, first))));
    }

    #[test]
    fn anything_else_is_no_reply() {
        for bytes in [
            &b"\r\n"[..],
            b"25\r\n",
            b"2500 ok\r\n",
            b"150 no such class\r\n",
            b"650 no such class\r\n",
            b"HTTP/1.1 400 Bad Request\r\n",
            b" 250 ok\r\n",
            b"250-ok\r\n550 or not\r\n",
        ] {
            assert_eq!(parsed(bytes), Err(NotAReply), "{bytes:?}");
        }
        assert_eq!(parsed(&[b'2'; MAX_ANSWER + 1]), Err(NotAReply));
        assert_eq!(parsed(&b"250-x\r\n".repeat(MAX_ANSWER / 7 + 1)), Err(NotAReply));
    }
}

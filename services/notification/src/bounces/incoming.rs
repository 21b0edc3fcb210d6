//! What comes over a connection: lines and messages, neither longer than what is good for us.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest line of a command, without its end (RFC 5321, section 4.5.3.1.4 has 512, and parameters add to that).
const MAX_LINE: usize = 2048;
/// What is read at once.
const CHUNK: usize = 8 * 1024;
/// As much of a message as is kept, in bytes: a report says what it says before it quotes what was sent.
const MAX_KEPT: usize = 256 * 1024;
/// The largest message that is taken, in bytes: servers may return all that they were given.
pub(super) const MAX_MESSAGE: u64 = 16 * 1024 * 1024;

/// A connection with what has been received on it and not been read.
pub(super) struct Incoming<S> {
    stream: S,
    received: Vec<u8>,
    /// How much of that has been read.
    read: usize,
}

/// A message, as much as is kept of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Its beginning.
    Kept(Vec<u8>),
    /// It is too large, and is not read to its end.
    TooLarge,
}

/// How far the end of a message has come: `\r\n.\r\n`, and nothing else that looks like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Within a line.
    No,
    /// After `\r`.
    Cr,
    /// At the beginning of a line.
    Line,
    /// After a dot at the beginning of a line.
    Dot,
    /// After `\r` after that.
    DotCr,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            received: Vec::with_capacity(CHUNK),
            read: 0,
        }
    }

    /// Hands everything to the operating system.
    pub(super) async fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// The next line without its end.
    ///
    /// # Errors
    /// The connection's; `UnexpectedEof` when it ended; `InvalidData` when the line is too long.
    pub(super) async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            let byte = self.byte().await?;
            if byte == b'\n' {
                return Ok(line);
            }
            if line.len() >= MAX_LINE {
                return Err(ErrorKind::InvalidData.into());
            }
            line.push(byte);
        }
    }

    /// The message that follows, without the dots that were put before those at the beginning of a line (RFC 5321, section 4.5.2).
    ///
    /// # Errors
    /// The connection's; `UnexpectedEof` when it ended.
    pub(super) async fn message(&mut self) -> io::Result<Message> {
        let (mut kept, mut size, mut end) = (Vec::new(), 0_u64, End::Line);
        loop {
            let byte = self.byte().await?;
            size += 1;
            if size > MAX_MESSAGE {
                return Ok(Message::TooLarge);
            }
            let was = end;
            end = match (was, byte) {
                (End::DotCr, b'\n') => return Ok(Message::Kept(kept)),
                (End::Line, b'.') => End::Dot,
                (End::Dot, b'\r') => End::DotCr,
                (End::Cr, b'\n') => End::Line,
                (_, b'\r') => End::Cr,
                _ => End::No,
            };
            // It was not the end, and so was said.
            if was == End::DotCr {
                keep(&mut kept, b'\r');
            }
            if !matches!(end, End::Dot | End::DotCr) {
                keep(&mut kept, byte);
            }
        }
    }

    /// Whether something has been received that was not asked for yet.
    pub(super) fn is_ahead(&self) -> bool {
        self.read < self.received.len()
    }

    /// Says that nothing more follows, and reads on without looking at it until the other side has nothing more to say, either, or has said
    /// as much again as the largest message has. A system that closes a connection with something unread resets it, and the other side may
    /// lose what was said last: why it is hung up on.
    ///
    /// # Errors
    /// The connection's.
    pub(super) async fn hang_up(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut size = 0;
        while size < MAX_MESSAGE {
            self.received.clear();
            match self.stream.read_buf(&mut self.received).await {
                Ok(0) => break,
                Ok(read) => size += u64::try_from(read).unwrap_or(u64::MAX),
                // TLS that ends with the connection.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn into_stream(self) -> S {
        self.stream
    }

    async fn byte(&mut self) -> io::Result<u8> {
        loop {
            if let Some(byte) = self.received.get(self.read) {
                self.read += 1;
                return Ok(*byte);
            }
            self.received.clear();
            self.read = 0;
            // As much as there is room for, which does not grow.
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn keep(kept: &mut Vec<u8>, byte: u8) {
    if kept.len() < MAX_KEPT {
        kept.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;

    use super::*;

    /// What is received when these bytes come, in pieces of this size.
    fn receiving(bytes: &[u8], piece: usize) -> Incoming<DuplexStream> {
        let (mut theirs, ours) = tokio::io::duplex(piece);
        let pieces: Vec<Vec<u8>> = bytes.chunks(piece).map(<[u8]>::to_vec).collect();
        tokio::spawn(async move {
            for piece in pieces {
                // Whoever has heard enough hangs up.
                if theirs.write_all(&piece).await.is_err() {
                    return;
                }
            }
        });
        Incoming::new(ours)
    }

    async fn message(bytes: &[u8], piece: usize) -> io::Result<Message> {
        receiving(bytes, piece).message().await
    }

    #[tokio::test]
    async fn a_message_ends_at_its_dot_and_nowhere_else() {
        for (sent, expected) in [
            ("a\r\n.\r\nQUIT\r\n", "a\r\n"),
            (".\r\n", ""),
            ("..\r\n...\r\n.\r\n", ".\r\n..\r\n"),
            (".a\r\n.\r\n", "a\r\n"),
            ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n"),
            ("a\r.\rb\r\n.\r\n", "a\r.\rb\r\n"),
            ("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n"),
            ("a\r\n.\r\rb\r\n.\r\n", "a\r\n\r\rb\r\n"),
            ("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"),
            ("\r\r\n.\r\n", "\r\r\n"),
            ("\0\u{fc}\r\n.\r\n", "\0\u{fc}\r\n"),
        ] {
            for piece in [1, 2, 3, 1000] {
                let kept = message(sent.as_bytes(), piece).await.unwrap();
                assert_eq!(kept, Message::Kept(expected.as_bytes().to_vec()), "{sent:?}");
            }
            let cut = message(&sent.as_bytes()[..sent.find(".\r\n").unwrap()], 3).await;
            assert_eq!(cut.unwrap_err().kind(), ErrorKind::UnexpectedEof, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn what_follows_a_message_is_the_next_command() {
        let mut incoming = receiving(b"a\r\n.\r\nRSET\r\nQUIT\r\n", 1000);
        incoming.message().await.unwrap();
        assert!(incoming.is_ahead());
        assert_eq!(incoming.line().await.unwrap(), b"RSET\r");
        assert_eq!(incoming.line().await.unwrap(), b"QUIT\r");
        assert!(!incoming.is_ahead());
        assert_eq!(
            incoming.line().await.unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
    }

    #[tokio::test]
    async fn of_a_long_message_the_beginning_is_kept() {
        let long = [b"b".repeat(MAX_KEPT + 5), b"\r\n.\r\n".to_vec()].concat();
        let kept = message(&long, 5000).await.unwrap();
        assert_eq!(kept, Message::Kept(b"b".repeat(MAX_KEPT)));
        let endless = b"c\r\n".repeat(usize::try_from(MAX_MESSAGE / 3).unwrap() + 2);
        assert_eq!(message(&endless, 50_000).await.unwrap(), Message::TooLarge);
    }

    #[tokio::test]
    async fn who_is_hung_up_on_may_say_all_and_not_without_end() {
        for (length, is_heard) in [
            (0, true),
            (100_000, true),
            (MAX_MESSAGE, true),
            (MAX_MESSAGE * 2, false),
        ] {
            let (mut theirs, ours) = tokio::io::duplex(64 * 1024);
            let speaking = tokio::spawn(async move {
                let said = vec![b'x'; usize::try_from(length).unwrap()];
                theirs.write_all(&said).await.is_ok()
            });
            let mut incoming = Incoming::new(ours);
            incoming.hang_up().await.unwrap();
            drop(incoming);
            assert_eq!(speaking.await.unwrap(), is_heard, "{length}");
        }
    }

    #[tokio::test]
    async fn a_line_has_an_end() {
        let long = b"x".repeat(MAX_LINE + 1);
        let problem = receiving(&long, 100).line().await.unwrap_err();
        assert_eq!(problem.kind(), ErrorKind::InvalidData);
        let longest = [b"x".repeat(MAX_LINE), b"\n".to_vec()].concat();
        assert_eq!(receiving(&longest, 100).line().await.unwrap().len(), MAX_LINE);
    }
}

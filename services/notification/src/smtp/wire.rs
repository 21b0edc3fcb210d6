//! Commands out, replies in.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::Answer;
use super::stream::{Overheard, Socket};

/// A connection with what has been received on it and not been read.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Socket,
    received: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: Socket) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Hands everything to the operating system.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    /// The connection's; `UnexpectedEof` when it ended; `InvalidData` when the server said something that is no reply.
    pub(super) async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            let parsed = Answer::parse(&self.received).map_err(|_| ErrorKind::InvalidData)?;
            if let Some((answer, taken)) = parsed {
                self.received.drain(..taken);
                return Ok(answer);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Sends a command and waits for its reply.
    pub(super) async fn ask(&mut self, command: &str) -> io::Result<Answer> {
        self.send(command.as_bytes()).await?;
        self.answer().await
    }

    /// How many bytes the operating system took.
    pub(super) fn written(&self) -> u64 {
        self.stream.written()
    }

    /// What there is to read although nothing was asked.
    pub(super) fn overhear(&mut self) -> Overheard {
        if self.received.is_empty() {
            self.stream.overhear()
        } else {
            Overheard::Speech
        }
    }
}

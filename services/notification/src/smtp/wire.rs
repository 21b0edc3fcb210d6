//! Commands out, replies in.

use std::io::{self, ErrorKind};

use super::answer::Answer;
use super::stream::{Overheard, Socket, Stream};

/// A connection with what has been received on it and not been read.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    received: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Hands everything to the operating system.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.send(bytes).await
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
            if self.stream.receive(&mut self.received).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Sends a command and waits for its reply.
    pub(super) async fn ask(&mut self, command: &str) -> io::Result<Answer> {
        self.send(command.as_bytes()).await?;
        self.answer().await
    }

    /// The socket, to begin TLS on; `None` when more has been received than was asked for, which must not be taken for
    /// something said under TLS, or when there is TLS already.
    pub(super) fn into_socket(mut self) -> Option<Socket> {
        match self.overhear() {
            Overheard::Speech => None,
            // Of an end the handshake will tell.
            Overheard::Nothing | Overheard::End => self.stream.into_socket(),
        }
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

//! The bytes under a conversation: what the operating system took of them, and what it holds for us.

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket that counts the bytes that the operating system took.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    written: u64,
}

/// What there is to read although nothing was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overheard {
    /// Nothing.
    Nothing,
    /// The server said something.
    Speech,
    /// The connection has ended.
    End,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream) -> io::Result<Self> {
        // Every command waits for its reply: with Nagle's algorithm each mail would take 40 ms.
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, written: 0 })
    }

    /// How many bytes the operating system took.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Asks the operating system itself: what tokio knows of the socket may be older than the end of the connection.
    pub(super) fn overhear(&self) -> Overheard {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(&self.tcp).peek(&mut byte) {
            Ok(0) => Overheard::End,
            Ok(_) => Overheard::Speech,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Overheard::Nothing,
            Err(_) => Overheard::End,
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.tcp).poll_write(context, bytes))?;
        self.written += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

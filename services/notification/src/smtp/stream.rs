//! The bytes under a conversation: what the operating system took of them, and what it holds for us.

use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustls::ClientConnection;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// A socket that counts the bytes that the operating system took.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    written: u64,
}

/// A socket, with or without TLS above it.
#[derive(Debug)]
pub(super) struct Stream(Either<Socket, Box<TlsStream<Socket>>>);

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

    /// Asks the operating system itself: what tokio knows of the socket may be older than the end of the connection.
    fn overhear(&self) -> Overheard {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(&self.tcp).peek(&mut byte) {
            Ok(0) => Overheard::End,
            Ok(_) => Overheard::Speech,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Overheard::Nothing,
            Err(_) => Overheard::End,
        }
    }
}

impl Stream {
    pub(super) fn plain(socket: Socket) -> Self {
        Self(Either::Left(socket))
    }

    pub(super) fn encrypted(stream: TlsStream<Socket>) -> Self {
        Self(Either::Right(Box::new(stream)))
    }

    /// Hands everything to the operating system.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// Waits for something, or for the end: zero.
    pub(super) async fn receive(&mut self, received: &mut Vec<u8>) -> io::Result<usize> {
        self.0.read_buf(received).await
    }

    /// How many bytes the operating system took; under TLS, encrypted ones.
    pub(super) fn written(&self) -> u64 {
        match &self.0 {
            Either::Left(socket) => socket.written,
            Either::Right(stream) => stream.get_ref().0.written,
        }
    }

    /// What the server said, or that it has hung up, as the operating system knows it now.
    pub(super) fn overhear(&mut self) -> Overheard {
        match &mut self.0 {
            Either::Left(socket) => socket.overhear(),
            Either::Right(stream) => {
                let (socket, session) = stream.get_mut();
                overhear_encrypted(socket, session)
            }
        }
    }

    /// The socket, while there is no TLS.
    pub(super) fn into_socket(self) -> Option<Socket> {
        match self.0 {
            Either::Left(socket) => Some(socket),
            Either::Right(_) => None,
        }
    }
}

/// Bytes alone say nothing under TLS: they may be a ticket for the next session, or the word that this one has ended.
fn overhear_encrypted(socket: &Socket, session: &mut ClientConnection) -> Overheard {
    let system = SockRef::from(&socket.tcp);
    loop {
        match session.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() > 0 => return Overheard::Speech,
            Ok(state) if state.peer_has_closed() => return Overheard::End,
            Ok(_) => {}
            Err(_) => return Overheard::End,
        }
        match session.read_tls(&mut &*system) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Overheard::Nothing,
            Ok(0) | Err(_) => return Overheard::End,
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

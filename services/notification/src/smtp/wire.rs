//! The socket under a conversation, with a gate before the final dot.
//!
//! Everything up to the dot passes. The write of the dot waits until [`Gate::open`]: in between, the worker writes down
//! that the message may be taken from now on. Afterwards [`Gate::has_passed`] tells whether the operating system ever
//! got the dot: an error before that is definite, whatever it was. To a server that has hung up by then it is not
//! written at all.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use lettre::transport::smtp::client::AsyncTokioStream;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What ends a message (RFC 5321, section 4.1.1.4). lettre writes it by itself, in one piece; inside a message it
/// cannot occur, because lines that begin with a dot get a second one.
const FINAL_DOT: &[u8] = b"\r\n.\r\n";

/// A socket and its gate.
#[derive(Debug)]
pub(super) struct Wire {
    socket: TcpStream,
    gate: Arc<Gate>,
}

/// Holds the final dot back.
#[derive(Debug, Default)]
pub(super) struct Gate {
    inner: Mutex<Inner>,
    reached: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    position: Position,
    waiting: Option<Waker>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// The dot has to wait.
    #[default]
    Closed,
    /// The dot may be written.
    Open,
    /// At least a part of the dot has been written.
    Passed,
}

impl Wire {
    pub(super) fn new(socket: TcpStream) -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        (
            Self {
                socket,
                gate: Arc::clone(&gate),
            },
            gate,
        )
    }

    /// Asks the operating system itself: what tokio knows of the socket may be older than the end of the connection.
    fn has_hung_up(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(&self.socket).peek(&mut byte) {
            Ok(read) => read == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

impl Gate {
    /// For the next message.
    pub(super) fn close(&self) {
        *self.lock() = Inner::default();
    }

    /// Waits until everything before the dot has been written.
    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the dot pass.
    pub(super) fn open(&self) {
        let mut inner = self.lock();
        inner.position = Position::Open;
        if let Some(waiting) = inner.waiting.take() {
            waiting.wake();
        }
    }

    /// Whether the operating system has got the dot, or a part of it.
    pub(super) fn has_passed(&self) -> bool {
        self.lock().position == Position::Passed
    }

    /// Whether the dot has to wait.
    fn holds(&self, context: &Context<'_>) -> bool {
        let mut inner = self.lock();
        if inner.position != Position::Closed {
            return false;
        }
        if inner.waiting.replace(context.waker().clone()).is_none() {
            self.reached.notify_one();
        }
        true
    }

    fn passed(&self) {
        self.lock().position = Position::Passed;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let is_dot = bytes == FINAL_DOT;
        if is_dot && self.gate.holds(context) {
            return Poll::Pending;
        }
        if is_dot && self.has_hung_up() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        if is_dot && matches!(written, Poll::Ready(Ok(1..))) {
            self.gate.passed();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }
}

//! Reads from a connection and yields to the other connections of the thread now and then.
//!
//! HTTP/2 frames that only have to be acknowledged (SETTINGS, PING) cost the sender nothing, and a connection is served
//! until nothing more can be read from it: without yielding, all others of its thread would wait while somebody floods it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::yield_now;
use tokio::time::sleep_until;

use super::frame_budget::FrameBudget;
use crate::limits::ReadDebt;

/// Bytes that are read in one turn; the read that goes beyond is finished. Some hundred of the smallest frames: a call on
/// another connection needs several turns.
const TURN: usize = 2 * 1024;

/// Reads, yields after each turn, and waits for as long as the connection owes.
pub(crate) struct YieldingReader<R> {
    reader: R,
    read: usize,
    /// What the connection has to wait for before it is read on.
    debt: Option<ReadDebt>,
    /// A yield that lets the runtime poll the system for what else is ready, which waking the task alone would not.
    pause: Option<BoxFuture<'static, ()>>,
    /// For HTTP/2.
    frames: Option<FrameBudget>,
}

impl<R> YieldingReader<R> {
    /// With `http2`, what is read begins with a frame, and control frames are counted.
    pub(crate) fn new(reader: R, http2: bool, debt: Option<ReadDebt>) -> Self {
        Self {
            reader,
            read: 0,
            debt,
            pause: None,
            frames: http2.then(FrameBudget::new),
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for YieldingReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pause.is_some() {
            // It is over soon.
        } else if let Some(until) = self.debt.as_ref().and_then(ReadDebt::wait) {
            self.read = 0;
            self.pause = Some(Box::pin(sleep_until(until)));
        } else if self.read >= TURN {
            self.read = 0;
            self.pause = Some(Box::pin(yield_now()));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.reader).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.read += read.len();
        if self.frames.as_mut().is_some_and(|frames| !frames.allows(read)) {
            metrics::counter!("edge_connections_cut_total").increment(1);
            return Poll::Ready(Err(io::Error::other("too many control frames")));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;
    use tokio::time::Instant;

    use super::*;
    use crate::limits::NetworkDebts;

    fn nothing_owed() -> ReadDebt {
        NetworkDebts::new().of_connection(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    #[tokio::test]
    async fn others_have_a_turn_however_much_there_is_to_read() {
        const TURNS: usize = 10;
        let endless = vec![7; TURN * TURNS];
        let turns = Cell::new(0);
        let others = async {
            loop {
                turns.set(turns.get() + 1);
                yield_now().await;
            }
        };
        let mut reader = YieldingReader::new(&*endless, false, None);
        let reading = async {
            let mut all = Vec::new();
            let mut buffer = [0; 512];
            while let read @ 1.. = reader.read(&mut buffer).await.unwrap() {
                all.extend_from_slice(&buffer[..read]);
            }
            all
        };
        tokio::select! {
            all = reading => assert!(all == endless, "nothing is lost"),
            () = others => {}
        }
        assert!(turns.get() >= TURNS - 1, "{}", turns.get());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_owed_is_waited_for_before_anything_is_read() {
        let debt = nothing_owed();
        let mut reader = YieldingReader::new(&b"abc"[..], false, Some(debt.clone()));
        let began = Instant::now();
        assert_eq!(reader.read_u8().await.unwrap(), b'a');
        assert_eq!(began.elapsed(), Duration::ZERO);
        debt.add(Duration::from_millis(70));
        assert_eq!(reader.read_u8().await.unwrap(), b'b');
        assert_eq!(began.elapsed(), Duration::from_millis(70));
        assert_eq!(reader.read_u8().await.unwrap(), b'c');
        assert_eq!(began.elapsed(), Duration::from_millis(70));
    }
}

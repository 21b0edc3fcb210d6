//! Being told to stop: Ctrl-C, SIGTERM, or a terminal that is closed.

use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Once there is one, these signals no longer end this process by themselves. One that comes before anybody waits is
/// remembered.
#[derive(Debug)]
pub(crate) struct Interruption(Vec<Signal>);

impl Interruption {
    /// Listens from now on.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut told = Self::without_terminal()?;
        told.0.push(signal(SignalKind::hangup())?);
        Ok(told)
    }

    /// The same for a process in the background: the terminal that started it may close.
    pub(crate) fn without_terminal() -> anyhow::Result<Self> {
        // Caught for good, and not listened to.
        drop(signal(SignalKind::hangup())?);
        Ok(Self(vec![
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ]))
    }

    /// Until we are told to stop.
    pub(crate) async fn wait(&mut self) {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            if signals.any(|signal| signal.poll_recv(context).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

//! Being interrupted: Ctrl-C, SIGTERM, or a terminal that is closed.

use std::future::poll_fn;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Once there is one, these signals no longer end this process by themselves. One that comes before anybody waits is
/// remembered.
#[derive(Debug)]
pub struct Interruption(Vec<Signal>);

impl Interruption {
    /// Listens from now on.
    ///
    /// # Errors
    /// The signals cannot be caught.
    pub fn new() -> anyhow::Result<Self> {
        let mut interruption = Self::without_terminal()?;
        interruption.0.push(signal(SignalKind::hangup())?);
        Ok(interruption)
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

    /// Waits until it is.
    pub async fn wait(&mut self) {
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

//! Stopping without anybody noticing, in an order in which nothing loses what it stands on.
//!
//! Not ready → a pause, so that balancers look elsewhere → no new connections, GOAWAY on the old ones, calls end →
//! streams are cut → consumers, relay and tasks stop → pools close → telemetry is flushed. Together within 30 s.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long calls may take to end once no new ones are accepted.
pub const CALLS_END: Duration = Duration::from_secs(15);
/// How long streams have to say goodbye once they are cut.
pub const STREAMS_END: Duration = Duration::from_secs(1);
/// How long consumers, relay and tasks may take to finish what they hold.
pub const WORK_ENDS: Duration = Duration::from_secs(4);
/// How long the pool may take to get its connections back.
pub const POOL_CLOSES: Duration = Duration::from_secs(2);

/// The stages of stopping. Cheap to clone; clones share the stages.
#[derive(Clone, Debug, Default)]
pub struct Drain {
    accepting: CancellationToken,
    streams: CancellationToken,
    work: CancellationToken,
}

impl Drain {
    /// Nothing is stopping yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Is cancelled when no new connections are to be accepted.
    #[must_use]
    pub fn accepting(&self) -> CancellationToken {
        self.accepting.clone()
    }

    /// Is cancelled when streams that still run are to be ended.
    #[must_use]
    pub fn streams(&self) -> CancellationToken {
        self.streams.clone()
    }

    /// Is cancelled when background work is to stop.
    #[must_use]
    pub fn work(&self) -> CancellationToken {
        self.work.clone()
    }

    /// Goes through the first stages: stops accepting, waits for `served` (the accept loop and its connections), cuts
    /// streams when that takes longer than [`CALLS_END`], then tells background work to stop.
    pub async fn run(&self, served: impl Future<Output = ()>) {
        self.accepting.cancel();
        let mut served = std::pin::pin!(served);
        if tokio::time::timeout(CALLS_END, &mut served).await.is_err() {
            tracing::info!("streams are cut: they did not end by themselves");
            self.streams.cancel();
            let _ = tokio::time::timeout(STREAMS_END, served).await;
        }
        self.streams.cancel();
        self.work.cancel();
    }
}

/// Returns at SIGTERM or SIGINT.
///
/// # Errors
/// When the process cannot listen for signals.
pub async fn stop_signal() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
        _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn streams_are_cut_when_they_do_not_end() {
        let drain = Drain::new();
        let streams = drain.streams();
        let started = tokio::time::Instant::now();
        drain.run(async move { streams.cancelled().await }).await;
        assert_eq!(started.elapsed(), CALLS_END);
        assert!(drain.accepting().is_cancelled() && drain.work().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn work_stops_as_soon_as_calls_have_ended() {
        let drain = Drain::new();
        let started = tokio::time::Instant::now();
        drain.run(async {}).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert!(drain.work().is_cancelled());
    }
}

//! Stopping without anybody noticing, in an order in which nothing loses what it stands on.
//!
//! Not ready → a pause, so that balancers look elsewhere → no new connections, GOAWAY on the old ones, calls end →
//! streams are cut → consumers, relay and tasks stop → pools close → telemetry is flushed. There is one end for all of it,
//! within the 30 s that Kubernetes gives: a stage that takes long leaves less for the calls, never more for the whole.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How long calls may take to end once no new ones are accepted.
pub const CALLS_END: Duration = Duration::from_secs(15);
/// How long streams have to say goodbye once they are cut.
pub const STREAMS_END: Duration = Duration::from_secs(1);
/// How long consumers, relay and tasks may take to finish what they hold.
pub const WORK_ENDS: Duration = Duration::from_secs(4);
/// How long the pool may take to get its connections back.
pub const POOL_CLOSES: Duration = Duration::from_secs(2);

/// What is kept for flushing telemetry and for the runtime, which end last (see [`crate::in_runtime`]).
const FLUSH: Duration = Duration::from_secs(6);
/// The whole of it with a pause of [`USUAL_PAUSE`] or less. Who asks for a longer pause must give a longer grace period.
const WHOLE: Duration = Duration::from_secs(29);
const USUAL_PAUSE: Duration = Duration::from_secs(5);

/// A stop that has begun, and when it must have ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopping {
    end: Instant,
}

impl Stopping {
    /// Begins now, with a pause of this length before connections are refused.
    #[must_use]
    pub fn begin(pause: Duration) -> Self {
        let longer = pause.saturating_sub(USUAL_PAUSE);
        Self {
            end: Instant::now() + WHOLE - FLUSH + longer,
        }
    }

    /// How long a stage may take that should take no longer than this, when this much is kept for those after it.
    #[must_use]
    pub fn stage(&self, longest: Duration, kept: Duration) -> Duration {
        let left = self.end.saturating_duration_since(Instant::now());
        left.saturating_sub(kept).min(longest)
    }
}

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
    /// streams when that takes longer than [`CALLS_END`] or than there is time, then tells background work to stop.
    pub async fn run(&self, stopping: &Stopping, served: impl Future<Output = ()>) {
        self.accepting.cancel();
        let mut served = std::pin::pin!(served);
        let calls_end = stopping.stage(CALLS_END, STREAMS_END + WORK_ENDS + POOL_CLOSES);
        if timeout(calls_end, &mut served).await.is_err() {
            tracing::info!("streams are cut: they did not end by themselves");
            self.streams.cancel();
            let streams_end = stopping.stage(STREAMS_END, WORK_ENDS + POOL_CLOSES);
            let _ = timeout(streams_end, served).await;
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
        let started = Instant::now();
        let served = async move { streams.cancelled().await };
        drain.run(&Stopping::begin(Duration::ZERO), served).await;
        assert_eq!(started.elapsed(), CALLS_END);
        assert!(drain.accepting().is_cancelled() && drain.work().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn work_stops_as_soon_as_calls_have_ended() {
        let drain = Drain::new();
        let started = Instant::now();
        drain.run(&Stopping::begin(Duration::ZERO), async {}).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert!(drain.work().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn everything_that_takes_as_long_as_it_may_still_ends_in_time() {
        for pause in [0, 5, 60].map(Duration::from_secs) {
            let started = Instant::now();
            let stopping = Stopping::begin(pause);
            tokio::time::sleep(pause).await;
            Drain::new().run(&stopping, std::future::pending()).await;
            tokio::time::sleep(stopping.stage(WORK_ENDS, POOL_CLOSES)).await;
            let pool = stopping.stage(POOL_CLOSES, Duration::ZERO);
            assert_eq!(pool, POOL_CLOSES, "nobody before it took its time");
            tokio::time::sleep(pool + FLUSH).await;
            assert!(started.elapsed() <= WHOLE.max(pause + WHOLE - USUAL_PAUSE));
        }
    }
}

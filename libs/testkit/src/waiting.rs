//! Waiting for a condition instead of sleeping.

use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use tokio::time::Instant;

/// Only what never happens takes as long; a machine that does other things as well takes its time.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// Waits until `condition` holds.
///
/// # Panics
/// With the caller's place when it does not hold within two minutes.
#[track_caller]
pub fn eventually<C>(condition: C) -> impl Future<Output = ()>
where
    C: AsyncFnMut() -> bool,
{
    until(Location::caller(), condition)
}

/// Waits until `condition` gives something.
///
/// # Panics
/// With the caller's place when it gives nothing within two minutes.
#[track_caller]
pub fn eventually_some<C, T>(mut condition: C) -> impl Future<Output = T>
where
    C: AsyncFnMut() -> Option<T>,
{
    let place = Location::caller();
    async move {
        let mut found = None;
        until(place, async || {
            found = condition().await;
            found.is_some()
        })
        .await;
        found.expect("it was there a moment ago")
    }
}

async fn until<C>(place: &'static Location<'static>, mut condition: C)
where
    C: AsyncFnMut() -> bool,
{
    let give_up = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(
            Instant::now() < give_up,
            "not within {PATIENCE:?}: the condition at {place}"
        );
        tokio::time::sleep(POLL).await;
    }
}

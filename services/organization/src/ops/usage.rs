//! Asking what still uses a group or a location, before it is deactivated.

use std::time::Duration;

use crate::context::Context;
use crate::domain::{Place, PlaceUsage};
use crate::error::Error;

/// How long an answer is waited for. What is deactivated is not held up by a service that is away: who asks once more is told more.
const PATIENCE: Duration = Duration::from_secs(2);

/// What still uses it, as those say who know and answer in time.
pub(crate) async fn ask(context: &Context, place: Place) -> PlaceUsage {
    let (open_employments, live_invitations) = tokio::join!(
        in_time(context.employments.count(place)),
        in_time(context.invitations.count(place)),
    );
    PlaceUsage {
        open_employments,
        live_invitations,
    }
}

async fn in_time(asking: impl Future<Output = Result<i32, Error>>) -> Option<i32> {
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(count)) => Some(count),
        Ok(Err(error)) => {
            tracing::warn!(%error, "what uses a group or a location is not told");
            None
        }
        Err(_) => {
            tracing::warn!("what uses a group or a location is not told in time");
            None
        }
    }
}

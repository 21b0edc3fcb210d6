//! Writing down how an attempt ended, although the database may be away.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::context::Context;
use crate::domain::{Claimed, RetryDecision};
use crate::measures;
use crate::ops::delivery::settle;
use crate::store::delivery::Settled;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Tries for as long as the lease may last: an outcome that is not written down becomes ambiguous, and that is a
/// second copy of the message.
pub(super) async fn conclude(context: &Context, claimed: &Claimed, decision: &RetryDecision) {
    let give_up = Instant::now() + context.timing.lease;
    let mut pause = FIRST_PAUSE;
    while Instant::now() < give_up {
        let settle = async |tx: &mut _| settle::apply(tx, context, claimed, decision).await;
        match context.database.write(settle).await {
            Ok(Settled::Done(_)) => return measure(claimed, decision),
            Ok(Settled::LeaseLost) => {
                measures::lease_lost();
                return tracing::warn!("an outcome came too late: the delivery is somebody else's");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, ?pause, "an outcome was not written down");
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    tracing::error!("an outcome could not be written down for as long as the lease lasted");
}

fn measure(claimed: &Claimed, decision: &RetryDecision) {
    if let Some(sent) = decision.disposition.send_time() {
        let delay = sent - claimed.history.create_time;
        measures::sent_after(delay.try_into().unwrap_or_default());
    }
}

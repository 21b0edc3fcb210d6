//! Scheduled mails: asked for when their time has come.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::error::Error;
use crate::events::{self, Act, SELF};
use crate::store::invitation::due;

const POLL: Duration = Duration::from_secs(1);
const MAX_AT_ONCE: i64 = 100;

/// Looks every second, and again at once when there was something, until `shutdown`. Any number of processes may do so.
pub(crate) async fn run(context: Context, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match send_due(&context).await {
            Ok(0) => {}
            Ok(asked) => {
                tracing::debug!(asked, "scheduled mails asked for");
                continue;
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "scheduled mails wait"),
        }
        shutdown.run_until_cancelled(tokio::time::sleep(POLL)).await;
    }
}

/// Asks for the mails that are due, at most a hundred, and tells how many they were.
pub(crate) async fn send_due(context: &Context) -> Result<usize, Error> {
    let act = Act {
        actor: SELF.to_owned(),
        time: context.clock.now(),
    };
    context
        .database
        .write(async |tx| {
            let mut due = due::lock(tx, act.time, MAX_AT_ONCE).await?;
            for mail in &mut due {
                mail.version = due::mark_queued(tx, mail).await?;
                events::mail_requested(tx, &context.clock, &act, mail).await?;
            }
            Ok(due.len())
        })
        .await
}

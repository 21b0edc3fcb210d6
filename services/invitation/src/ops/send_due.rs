//! Scheduled mails: asked for when their time has come.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::events::{self, Act, SELF};
use crate::parts::Parts;
use crate::store::due;

const POLL: Duration = Duration::from_secs(1);
const AT_ONCE: i64 = 100;

/// Looks every second, and again at once when there was something, until `shutdown`. Any number of processes may do so.
pub(crate) async fn run(parts: Parts, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match send_due(&parts).await {
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
pub(crate) async fn send_due(parts: &Parts) -> Result<usize, Error> {
    let (now, clock) = (parts.clock.now(), parts.clock.clone());
    parts
        .database
        .write_boxed(move |tx| {
            Box::pin(async move {
                let act = Act {
                    actor: SELF.to_owned(),
                    time: now,
                };
                let mut due = due::lock(tx, now, AT_ONCE).await?;
                for mail in &mut due {
                    mail.version = due::mark_queued(tx, mail).await?;
                    events::mail_requested(tx, &clock, &act, mail).await?;
                }
                Ok(due.len())
            })
        })
        .await
}

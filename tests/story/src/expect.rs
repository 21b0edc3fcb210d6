//! Expecting: what should come to be, and what should be refused.

use std::time::{Duration, Instant};

use anyhow::bail;
use muster_client::CallError;
use muster_refusal::ErrorReason;
use tonic::{Code, Status};

use super::diagnosis::PartError;

/// How long what follows from an act may take: longer than anybody waits, because the machine may do other things as well.
pub(super) const SOON: Duration = Duration::from_secs(120);

/// The answer to a question that is asked again and again; nothing when a part is away for the moment.
pub(super) fn unless_unavailable<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Err(failed) if failed.code() == Code::Unavailable => Ok(None),
        result => result.map(Some),
    }
}

/// The refusal that the story expects.
pub(super) fn expect_refusal<T>(
    what: &str,
    reason: ErrorReason,
    result: Result<T, CallError>,
) -> anyhow::Result<Status> {
    match result {
        Ok(_) => bail!(
            "{what} went through, and should have been refused with {}",
            name(reason)
        ),
        Err(failed) if failed.reason() == Some(reason) => Ok(failed.into()),
        Err(failed) => {
            let expected = format!("{what} should have been refused with {}", name(reason));
            Err(anyhow::Error::new(failed).context(expected))
        }
    }
}

/// Asks again until there is an answer, for at most `limit`. It is `part` that would have to bring it about.
pub(super) async fn wait_until<T, F>(
    what: &str,
    part: &'static str,
    limit: Duration,
    mut ask: F,
) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> anyhow::Result<Option<T>>,
{
    let started = Instant::now();
    loop {
        // Looked at before it is asked: what is to be so from the limit on may be asked for at the limit, and answered after it.
        let is_last = started.elapsed() > limit;
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if is_last {
            let message = format!("waited {} s until {what}: in vain", limit.as_secs());
            return Err(PartError::of(part, message).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A reason as it stands in an answer.
fn name(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

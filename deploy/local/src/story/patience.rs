//! Expecting: what should come to be, and what should be refused.

use std::time::{Duration, Instant};

use anyhow::bail;
use muster_refusal::{ErrorReason, reason_of};
use tonic::{Code, Status};

use super::blame::At;
use crate::edge::{Failed, name};

/// The answer to a question that is asked again and again; nothing when a part is away for the moment.
pub(super) fn soon<T>(result: Result<T, Failed>) -> Result<Option<T>, Failed> {
    match result {
        Err(failed) if failed.status.code() == Code::Unavailable => Ok(None),
        result => result.map(Some),
    }
}

/// The refusal that the story expects.
pub(super) fn refused<T>(
    what: &str,
    reason: ErrorReason,
    result: Result<T, Failed>,
) -> anyhow::Result<Status> {
    match result {
        Ok(_) => bail!(
            "{what} went through, and should have been refused with {}",
            name(reason)
        ),
        Err(failed) if reason_of(&failed.status) == Some(reason) => Ok(*failed.status),
        Err(failed) => {
            let words = format!("{what} should have been refused with {}", name(reason));
            Err(anyhow::Error::new(failed).context(words))
        }
    }
}

/// Asks again until there is an answer, for at most `limit`. It is `part` that would have to bring it about.
pub(super) async fn until<T, F>(
    what: &str,
    part: &'static str,
    limit: Duration,
    mut ask: F,
) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> anyhow::Result<Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if begun.elapsed() > limit {
            let words = format!("waited {} s until {what}: in vain", limit.as_secs());
            return Err(At::part(part, words).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

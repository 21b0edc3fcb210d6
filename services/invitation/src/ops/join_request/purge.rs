//! Requests to join are deleted after a week: they hold addresses of strangers.

use muster_jobs::Batch;

use crate::context::Context;
use crate::domain::join_request::KEPT;
use crate::error::Error;
use crate::store::join_request::delete_before;

const MAX_AT_ONCE: i64 = 1_000;

/// Deletes requests to join, at most a thousand at once.
pub(crate) struct PurgeJoinRequests(pub(crate) Context);

impl Batch for PurgeJoinRequests {
    const NAME: &'static str = "join-requests";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let before = self.0.clock.now() - KEPT;
        let deleting = self
            .0
            .database
            .write(async |tx| delete_before(tx, before, MAX_AT_ONCE).await.map_err(Error::from));
        Ok(usize::try_from(deleting.await?).unwrap_or(usize::MAX))
    }
}

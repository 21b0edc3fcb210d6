//! Counts by state: what statements have changed is folded into the counts, and what has run out is counted so.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use muster_ids::OrganizationId;
use muster_jobs::Periodic;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::store::invitation::counts;

/// As many changes as one transaction folds in.
const CHANGES_AT_ONCE: i64 = 10_000;
/// As many as one statement looks at that have run out, and those of the same moment.
const EXPIRED_AT_ONCE: i64 = 50_000;

/// What is told is right however late this comes, for whoever asks adds what is not folded in yet; this is what keeps it little. Once in some
/// seconds, so that hundreds of changes of an organization cost one transaction.
pub(crate) struct FoldCounts {
    database: Database,
    clock: Clock,
}

impl FoldCounts {
    pub(crate) fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    async fn fold_all(&self, organization: OrganizationId, now: OffsetDateTime) -> Result<(), DatabaseError> {
        loop {
            let fold = async |tx: &mut PgConnection| fold_some(tx, organization, now).await;
            if !self.database.write(fold).await? {
                return Ok(());
            }
        }
    }
}

impl Periodic for FoldCounts {
    const NAME: &'static str = "invitation-counts";
    const EVERY: Duration = Duration::from_secs(10);
    type Error = DatabaseError;

    async fn run(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let (mut after, mut folded) = (None, Ok(()));
        loop {
            let next = async |db: &mut PgConnection| counts::next_due(db, after, now).await;
            let Some(organization) = self.database.read(next).await? else {
                return folded;
            };
            // One that cannot be folded keeps no other from being so.
            let done = self.fold_all(organization, now).await;
            folded = folded.and(done);
            after = Some(organization);
        }
    }
}

/// Of one organization, unless another process has it in hand. Tells whether there is more.
pub(crate) async fn fold_some(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let Some(until) = counts::lock(tx, organization, now).await? else {
        return Ok(false);
    };
    let folded = counts::fold(tx, organization, until, CHANGES_AT_ONCE).await?;
    let mut later = until;
    // Another process, whose clock is ahead, may have been here.
    if until < now {
        later = counts::some_later(tx, organization, until, now, EXPIRED_AT_ONCE).await?;
        counts::expire(tx, organization, until, later).await?;
    }
    counts::settle(tx, organization, later).await?;
    Ok(folded == CHANGES_AT_ONCE || later < now)
}

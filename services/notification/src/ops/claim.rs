//! Taking leases on deliveries that are due.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};

use crate::store::{self, Claim, Claimed};

/// Takes at most `limit` deliveries that are due, for `lease`.
///
/// # Errors
/// The database's; nothing is taken then, or it comes back when the lease ends.
pub async fn claim(
    database: &Database,
    clock: &Clock,
    limit: usize,
    lease: Duration,
) -> Result<Vec<Claimed>, DatabaseError> {
    let now = clock.now();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let claim = Claim {
        token: clock.new_uuid(),
        now,
        until: now + lease,
        limit,
    };
    // One statement commits by itself: no BEGIN, no COMMIT, and nobody to wake.
    database
        .read_boxed(move |connection| Box::pin(store::claim(connection, claim)))
        .await
}

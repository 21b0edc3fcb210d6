//! Taking leases on deliveries that are due.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};

use crate::mails::Purpose;
use crate::store::{self, Claim, Claimed};

/// Takes at most `limit` deliveries of these purposes that are due, for `lease`.
///
/// # Errors
/// The database's; nothing is taken then, or it comes back when the lease ends.
pub async fn claim(
    database: &Database,
    clock: &Clock,
    (limit, purposes): (usize, &[Purpose]),
    lease: Duration,
) -> Result<Vec<Claimed>, DatabaseError> {
    let now = clock.now();
    let words: Vec<&'static str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    let claim = Claim {
        token: clock.new_uuid(),
        now,
        until: now + lease,
        limit: i64::try_from(limit).unwrap_or(i64::MAX),
        purposes: &words,
    };
    // One statement commits by itself: no BEGIN, no COMMIT, and nobody to wake.
    database
        .read(async |connection| store::claim(connection, claim).await)
        .await
}

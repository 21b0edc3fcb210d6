//! Taking leases on deliveries that are due.

use muster_jobs::Lease;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Claimed;
use crate::mails::Purpose;
use crate::store::delivery::{self, Claim};

/// Takes at most `limit` deliveries of these purposes that are due. One statement, which commits by itself: no BEGIN, no
/// COMMIT, and nobody to wake. When it fails nothing is taken, or it comes back when the lease ends.
///
/// # Errors
/// The database's.
pub async fn apply(
    db: &mut PgConnection,
    context: &Context,
    lease: Lease,
    purposes: &[Purpose],
    limit: usize,
) -> Result<Vec<Claimed>, Failure> {
    let claim = Claim {
        lease,
        now: context.clock.now(),
        limit: i64::try_from(limit).unwrap_or(i64::MAX),
        purposes,
    };
    Ok(delivery::claim(db, claim).await?)
}

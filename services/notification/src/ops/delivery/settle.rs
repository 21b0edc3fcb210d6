//! Writing down what became of a delivery, and publishing it.

use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Claimed, RetryDecision};
use crate::events;
use crate::store::delivery::{self, Settled};

/// Writes an outcome down and publishes it, if the lease still holds.
///
/// # Errors
/// The database's; it may be tried again.
pub async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    claimed: &Claimed,
    decision: &RetryDecision,
) -> Result<Settled, Failure> {
    let settled = delivery::settle(tx, claimed.lease, decision).await?;
    if let Settled::Done(version) = settled {
        events::delivery_changed(tx, &context.clock, claimed, decision, version).await?;
    }
    Ok(settled)
}

//! Writing down what became of a delivery, and publishing it, in one transaction.

use std::sync::Arc;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use sqlx::PgConnection;

use crate::domain::Plan;
use crate::events::{self, DeliveryOutcome};
use crate::store::{self, Claimed, Settled};

/// Writes an outcome down, if the lease still holds.
///
/// # Errors
/// The database's; it may be tried again.
pub async fn settle(
    database: &Database,
    clock: &Clock,
    claimed: &Arc<Claimed>,
    plan: &Arc<Plan>,
) -> Result<Settled, DatabaseError> {
    let (clock, claimed, plan) = (clock.clone(), Arc::clone(claimed), Arc::clone(plan));
    database
        .write_boxed(move |tx| Box::pin(async move { write(tx, &clock, &claimed, &plan).await }))
        .await
}

/// The same in a transaction of the caller.
pub(super) async fn write(
    tx: &mut PgConnection,
    clock: &Clock,
    claimed: &Claimed,
    plan: &Plan,
) -> Result<Settled, DatabaseError> {
    let settled = store::settle(tx, claimed.lease, plan).await?;
    if let Settled::Done(version) = settled {
        let outcome = DeliveryOutcome {
            of: claimed,
            plan,
            version,
        };
        events::publish(tx, clock, &outcome).await?;
    }
    Ok(settled)
}

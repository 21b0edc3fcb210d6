//! Writing down what became of deliveries, and publishing it.

use muster_server::Failure;
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Claimed, RetryDecision};
use crate::events;
use crate::store::delivery::{self, Settled};

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The delivery.
    pub claimed: Claimed,
    /// What it becomes.
    pub decision: RetryDecision,
    /// Whether its source takes it to be on its way since this attempt: it hears what became of it.
    pub is_awaited: bool,
    /// The trace of the attempt.
    pub traceparent: Option<String>,
}

impl Ended {
    /// In the current span; its source was not asked.
    #[must_use]
    pub fn now(claimed: &Claimed, decision: &RetryDecision) -> Self {
        Self {
            claimed: claimed.clone(),
            decision: decision.clone(),
            is_awaited: false,
            traceparent: propagation::current_traceparent(),
        }
    }
}

/// Writes outcomes down and publishes them, of those whose lease still holds. One answer each, in their order. One statement, which may
/// commit by itself.
///
/// # Errors
/// The database's; it may be tried again.
pub async fn apply(
    db: &mut PgConnection,
    context: &Context,
    ended: &[Ended],
) -> Result<Vec<Settled>, Failure> {
    let outcomes: Vec<_> = ended
        .iter()
        .map(|ended| (ended.claimed.lease, &ended.decision))
        .collect();
    let told = events::deliveries_changed(&context.clock, ended);
    Ok(delivery::settle(db, &outcomes, told).await?)
}

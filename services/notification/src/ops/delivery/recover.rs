//! Deliveries that a dead worker left behind.

use muster_server::Failure;
use sqlx::PgConnection;
use tracing::Instrument;

use super::settle::{self, Ended};
use crate::context::Context;
use crate::domain::{self, Claimed, Jitter, Outcome, Phase, RetryConditions};
use crate::store::delivery;
use crate::{measures, spans};

/// In one transaction.
const BATCH: i64 = 50;

/// Gives deliveries that nobody holds any more back to the queue when their message was certainly not handed over, and
/// treats them as ambiguous when it may have been. Answers how many there were.
///
/// # Errors
/// The database's.
pub async fn apply(tx: &mut PgConnection, context: &Context) -> Result<usize, Failure> {
    let expired = delivery::lock_expired(tx, context.clock.now(), BATCH).await?;
    for claimed in &expired {
        let span = spans::recovering(claimed);
        give_back(tx, context, claimed).instrument(span).await?;
    }
    Ok(expired.len())
}

async fn give_back(tx: &mut PgConnection, context: &Context, claimed: &Claimed) -> Result<(), Failure> {
    let outcome = match claimed.phase {
        Phase::BeforeDot => Outcome::Stopped,
        Phase::Dot => Outcome::Ambiguous,
    };
    tracing::warn!(delivery = %claimed.lease.delivery, outcome = outcome.word(), "the worker of a delivery is gone");
    measures::recovered(&outcome);
    let conditions = RetryConditions {
        now: context.clock.now(),
        expire_time: None,
        jitter: Jitter::of(context.clock.new_uuid()),
        resend_after: context.timing.resend_after,
    };
    let decision = domain::decide(outcome, claimed.history, conditions);
    settle::apply(tx, context, &[Ended::now(claimed, &decision)]).await?;
    Ok(())
}

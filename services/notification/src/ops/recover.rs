//! Deliveries that a dead worker left behind.

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use sqlx::PgConnection;
use tracing::Instrument;

use super::settle;
use crate::domain::{self, Ahead, Jitter, Outcome, Phase};
use crate::store::{self, Claimed};
use crate::{measures, spans};

/// In one transaction.
const BATCH: i64 = 50;

/// Gives deliveries whose lease has ended back to the queue when their message was certainly not handed over, and
/// treats them as ambiguous when it may have been. Answers how many there were.
///
/// # Errors
/// The database's; nothing has changed then.
pub async fn recover(
    database: &Database,
    clock: &Clock,
    resend_after: Duration,
) -> Result<usize, DatabaseError> {
    let clock = clock.clone();
    database
        .write_boxed(move |tx| {
            Box::pin(async move {
                let expired = store::lock_expired(tx, clock.now(), BATCH).await?;
                for claimed in &expired {
                    let span = spans::recovering(claimed);
                    give_back(tx, &clock, claimed, resend_after)
                        .instrument(span)
                        .await?;
                }
                Ok(expired.len())
            })
        })
        .await
}

async fn give_back(
    tx: &mut PgConnection,
    clock: &Clock,
    claimed: &Claimed,
    resend_after: Duration,
) -> Result<(), DatabaseError> {
    let outcome = match claimed.phase {
        Phase::BeforeDot => Outcome::Stopped,
        Phase::Dot => Outcome::Ambiguous,
    };
    tracing::warn!(delivery = %claimed.lease.delivery, outcome = outcome.word(), "the worker of a delivery is gone");
    measures::recovered(&outcome);
    let jitter = Jitter::of(clock.new_uuid());
    let ahead = Ahead {
        now: clock.now(),
        expire_time: None,
        jitter,
        resend_after,
    };
    let plan = domain::decide(outcome, claimed.history, ahead);
    settle::write(tx, clock, claimed, &plan).await?;
    Ok(())
}

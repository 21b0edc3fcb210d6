//! Publishes what stands in the outbox, for as long as it takes.
//!
//! Claims heads with a lease, publishes them pipelined, marks those that the broker confirmed and did not return, and
//! gives the others back to be tried again. A relay that dies anywhere in between leaves rows whose lease is free as soon
//! as its process is known to be gone; they are published again, and the consumers' inboxes know them. Any number of
//! relays may run.

mod publish;

use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff::{self, Backoff};
use crate::broker::{BrokerError, Session};
use crate::outbox::{self, Lease, OutboxRow};
use crate::{Broker, measures};
use publish::{Names, Outcome, publish};

const ROWS_AT_ONCE: i64 = 100;
/// An event that is committed in this process wakes the relay; the poll finds rows of other processes and due retries.
const POLL: Duration = Duration::from_millis(200);
/// From a claim of a single row to the next: what is committed meanwhile is claimed, published and marked together. Whoever
/// is the first after a rest does not wait.
const GATHER: Duration = Duration::from_millis(10);
/// The same from a claim of several: where events come in company, the next ones do, and a claim costs the same for many.
const GATHER_COMPANY: Duration = Duration::from_millis(40);
const MEASURE_EVERY: Duration = Duration::from_secs(10);
/// Marking is tried for this long: shorter than the lease, so that what could not be marked is published again by
/// whoever claims it then.
const MARKING_LIMIT: Duration = Duration::from_secs(20);
/// Retries of a refused message. The cap bounds how long a message waits after its binding has come back.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_CAP: Duration = Duration::from_secs(20);

/// Runs the relay of `service` until `shutdown`; then finishes its batch and returns. Also counts the backlog. By `clock` each message
/// says when it was published.
pub async fn run(
    db: Database,
    broker: Broker,
    service: &'static str,
    clock: Clock,
    shutdown: CancellationToken,
) {
    tracing::info!(service, "relay started");
    tokio::join!(
        relay(&db, &broker, service, &clock, &shutdown),
        measure(&db, &shutdown)
    );
    tracing::info!(service, "relay stopped");
}

async fn relay(db: &Database, broker: &Broker, publisher: &str, clock: &Clock, shutdown: &CancellationToken) {
    let exchange = broker.exchange();
    let names = Names {
        publisher,
        exchange: &exchange,
    };
    let mut sessions = broker.sessions("publish", shutdown.clone());
    while let Some(session) = sessions.next().await {
        let ended = serve(db, &session, names, clock, shutdown).await;
        sessions.ended(session, ended).await;
    }
}

/// Works until the connection breaks or it is time to stop.
async fn serve(
    db: &Database,
    session: &Session,
    names: Names<'_>,
    clock: &Clock,
    shutdown: &CancellationToken,
) -> Result<(), BrokerError> {
    publish::want_confirms(&session.channel).await?;
    let committed = db.events_committed();
    let mut database_away = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while !shutdown.is_cancelled() {
        if !session.is_alive() {
            return Err(BrokerError::Ended);
        }
        // While it is blocked nothing is claimed: attempts against a closed door are no fault of the rows.
        let claimed = if session.is_blocked() {
            Ok(None)
        } else {
            claim(db).await
        };
        let pause = match claimed {
            Ok(Some(batch)) => {
                database_away.reset();
                let next = batch.next_claim();
                batch_done(db, session, names, clock, batch).await?;
                if let Some(next) = next {
                    shutdown.run_until_cancelled(sleep_until(next)).await;
                }
                continue;
            }
            Ok(None) => POLL.mul_f64(0.75 + 0.5 * rand::random::<f64>()),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "claiming outbox rows failed"
                );
                database_away.next().max(POLL)
            }
        };
        tokio::select! {
            () = committed.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = shutdown.cancelled() => {}
        }
    }
    Ok(())
}

/// Rows claimed together.
struct Batch {
    lease: Lease,
    claimed: Instant,
    rows: Vec<OutboxRow>,
}

impl Batch {
    /// When to claim again; `None`: at once.
    fn next_claim(&self) -> Option<Instant> {
        gather(self.rows.len()).map(|gather| self.claimed + gather)
    }
}

/// How long others are waited for from a claim of so many rows; `None` after a full one, behind which more is waiting.
fn gather(rows: usize) -> Option<Duration> {
    match rows {
        0..=1 => Some(GATHER),
        rows if i64::try_from(rows).is_ok_and(|rows| rows < ROWS_AT_ONCE) => Some(GATHER_COMPANY),
        _ => None,
    }
}

async fn claim(db: &Database) -> Result<Option<Batch>, DatabaseError> {
    db.until_known().await;
    let lease = Lease(db.lease_token());
    let claimed = Instant::now();
    let rows = outbox::claim(db, lease, ROWS_AT_ONCE).await?;
    Ok((!rows.is_empty()).then_some(Batch { lease, claimed, rows }))
}

/// Publishes a batch and writes down what became of each row. An unconfirmed message ends the session, unless the broker
/// has said that it is not reading: nobody knows what it has read.
async fn batch_done(
    db: &Database,
    session: &Session,
    names: Names<'_>,
    clock: &Clock,
    batch: Batch,
) -> Result<(), BrokerError> {
    let outcomes = publish(&session.channel, names, &batch.rows, clock.now()).await;
    let mut published: Vec<Uuid> = Vec::with_capacity(outcomes.len());
    let mut postponed: Vec<(Uuid, Duration)> = Vec::new();
    for (row, outcome) in batch.rows.iter().zip(&outcomes) {
        let id = row.event.id.as_uuid();
        match outcome {
            Outcome::Published => published.push(id),
            Outcome::Returned | Outcome::Refused => {
                postponed.push((id, backoff::jittered(RETRY_FIRST, RETRY_CAP, row.attempts)));
            }
            // Not the row's fault: it is due again as soon as there is a connection.
            Outcome::Unconfirmed => postponed.push((id, Duration::ZERO)),
        }
    }
    write_down(db, &batch, published, postponed).await;
    // A blocked broker has stopped reading, and goes on where it stopped: leaving would leave a dead connection there.
    if outcomes.contains(&Outcome::Unconfirmed) && !session.is_blocked() {
        return Err(BrokerError::Timeout("confirming messages"));
    }
    Ok(())
}

async fn write_down(db: &Database, batch: &Batch, published: Vec<Uuid>, postponed: Vec<(Uuid, Duration)>) {
    let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
    loop {
        let written = async {
            if !published.is_empty() {
                outbox::mark_published(db, batch.lease, &published).await?;
            }
            if !postponed.is_empty() {
                outbox::postpone(db, batch.lease, &postponed).await?;
            }
            Ok::<(), DatabaseError>(())
        };
        let Err(error) = written.await else { return };
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "marking outbox rows failed"
        );
        if batch.claimed.elapsed() >= MARKING_LIMIT {
            return;
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

async fn measure(db: &Database, shutdown: &CancellationToken) {
    loop {
        match outbox::backlog(db).await {
            Ok(backlog) => measures::backlog(backlog),
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "counting the outbox failed"
            ),
        }
        tokio::select! {
            () = tokio::time::sleep(MEASURE_EVERY) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_events_come_in_company_the_next_ones_get_time_to_come() {
        let waits = [1, 2, 99, 100].map(gather);
        assert_eq!(
            waits,
            [Some(GATHER), Some(GATHER_COMPANY), Some(GATHER_COMPANY), None]
        );
    }
}

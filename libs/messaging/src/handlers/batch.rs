//! Events that wait at the same time, applied in one transaction.

use std::sync::Arc;
use std::time::Duration;

use muster_database::{Database, Together, deadline};
use tokio::time::Instant;

use crate::inbox::{self, Claim};
use crate::{Handler, HandlingError, Received};

/// For a whole batch: shorter than what the end of a session waits for.
const BATCH_LIMIT: Duration = Duration::from_secs(5);

/// What gathers the events of one handler. `None`: nothing came of the batch.
pub(super) type Batches<H> = Together<(), Item<H>, Option<Claim>>;

/// An event that is to be applied.
pub(super) struct Item<H: Handler> {
    database: Database,
    event: Arc<Received>,
    prepared: H::Prepared,
}

pub(super) fn batches<H: Handler>(handler: Arc<H>) -> Batches<H> {
    Together::new(H::BATCH_SIZE, move |(): &(), items| {
        apply(Arc::clone(&handler), items)
    })
}

/// Applies the event together with others that wait. `None`: nothing came of it, whoever was to blame.
pub(super) async fn join<H: Handler>(
    batches: &Batches<H>,
    database: &Database,
    event: &Arc<Received>,
    prepared: H::Prepared,
) -> Option<Claim> {
    let item = Item {
        database: database.clone(),
        event: Arc::clone(event),
        prepared,
    };
    batches.ask((), item).await.flatten()
}

async fn apply<H: Handler>(handler: Arc<H>, items: Vec<Item<H>>) -> Vec<Option<Claim>> {
    let Some(database) = items.first().map(|item| item.database.clone()) else {
        return Vec::new();
    };
    let count = items.len();
    let until = Some(Instant::now() + BATCH_LIMIT);
    match deadline::scope(until, transaction(&database, &*handler, items)).await {
        Ok(claims) => claims.into_iter().map(Some).collect(),
        Err(error) => {
            // Each is applied alone now, and what is wrong with it is told then.
            tracing::debug!(%error, count, "events could not be applied together");
            vec![None; count]
        }
    }
}

/// The claims in the order of the items. Rows are changed in the order of the aggregates, so that two batches seldom wait for
/// each other in a circle.
async fn transaction<H: Handler>(
    database: &Database,
    handler: &H,
    items: Vec<Item<H>>,
) -> Result<Vec<Claim>, HandlingError> {
    let events: Vec<Arc<Received>> = items.iter().map(|item| Arc::clone(&item.event)).collect();
    let mut prepared: Vec<(Arc<Received>, H::Prepared)> = items
        .into_iter()
        .map(|item| (item.event, item.prepared))
        .collect();
    prepared.sort_by_key(|(event, _)| event.aggregate);
    database
        .write(async |tx| {
            let new = inbox::claim_all(tx, events.iter().map(|event| &**event)).await?;
            let is_new = |event: &Received| new.contains(&event.id.as_uuid());
            prepared.retain(|(event, _)| is_new(event));
            handler.apply_all(tx, prepared).await?;
            let claim = |event: &Arc<Received>| {
                if is_new(event) {
                    Claim::New
                } else {
                    Claim::AlreadyApplied
                }
            };
            Ok(events.iter().map(claim).collect())
        })
        .await
}

//! What the worker writes down of messages that are on their way at the same time: in one statement for many.

use std::sync::Arc;

use muster_database::{DatabaseError, Together};
use muster_server::Failure;

use crate::context::Context;
use crate::domain::Lease;
use crate::ops::delivery::settle::{self, Ended};
use crate::store::delivery::{self, Settled};

/// As many as one statement takes.
const BATCH_SIZE: usize = 100;

/// Writes down how far messages have come. Cheap to clone.
#[derive(Clone)]
pub(super) struct Books {
    context: Arc<Context>,
    dots: Together<(), (Lease, [u8; 32]), Option<bool>>,
    outcomes: Together<(), Ended, Option<Settled>>,
}

impl Books {
    pub(super) fn new(context: &Context) -> Self {
        let context = Arc::new(context.clone());
        let (of_dots, of_outcomes) = (Arc::clone(&context), Arc::clone(&context));
        Self {
            context,
            dots: Together::new(BATCH_SIZE, move |(): &(), messages| {
                let context = Arc::clone(&of_dots);
                async move { each(messages.len(), reach_dot(&context, &messages).await) }
            }),
            outcomes: Together::new(BATCH_SIZE, move |(): &(), ended: Vec<Ended>| {
                let context = Arc::clone(&of_outcomes);
                async move { each(ended.len(), settle(&context, &ended).await) }
            }),
        }
    }

    /// Writes down that the final dot follows; `false` when it must not. Committed when this answers.
    pub(super) async fn reach_dot(&self, lease: Lease, sha256: [u8; 32]) -> Result<bool, DatabaseError> {
        if let Some(Some(reached)) = self.dots.ask((), (lease, sha256)).await {
            return Ok(reached);
        }
        // Nothing is known of the others' statement. Saying it once more changes nothing.
        let reached = reach_dot(&self.context, &[(lease, sha256)]).await?;
        Ok(reached.contains(&true))
    }

    /// Writes an outcome down and publishes it.
    pub(super) async fn settle(&self, ended: Ended) -> Result<Settled, Failure> {
        if let Some(Some(settled)) = self.outcomes.ask((), ended.clone()).await {
            return Ok(settled);
        }
        let settled = settle(&self.context, &[ended]).await?;
        Ok(settled.first().copied().unwrap_or(Settled::LeaseLost))
    }
}

/// When it failed, each tries alone.
fn each<T: Clone, E>(count: usize, done: Result<Vec<T>, E>) -> Vec<Option<T>> {
    done.map_or_else(|_| vec![None; count], |done| done.into_iter().map(Some).collect())
}

async fn reach_dot(context: &Context, messages: &[(Lease, [u8; 32])]) -> Result<Vec<bool>, DatabaseError> {
    let until = context.clock.now() + context.timing.lease;
    let reach = async |db: &mut _| delivery::reach_dot(db, messages, until).await;
    let reached = context.database.read(reach).await?;
    Ok(messages
        .iter()
        .map(|(lease, _)| reached.contains(&lease.delivery))
        .collect())
}

async fn settle(context: &Context, ended: &[Ended]) -> Result<Vec<Settled>, Failure> {
    let settle = async |db: &mut _| settle::apply(db, context, ended).await;
    context.database.write_at_once(settle).await
}

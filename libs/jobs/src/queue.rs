//! Rows that are claimed by a lease.

use std::error::Error;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::Lease;

/// Rows of the service's own table that wait for a worker: claimed, worked on, settled.
///
/// `claim` takes rows where [`lease_is_free!`](muster_database::lease_is_free) and writes the lease into them. `settle`, and
/// whatever `run` writes, asks for the token of the lease, so that a worker that lost its row has no say in it any more.
pub trait Queue: Send + Sync + 'static {
    /// What it is called in logs and metrics.
    const NAME: &'static str;
    /// A claimed row, with its lease.
    type Item: Send + Sync + 'static;
    /// What became of it.
    type Outcome: Send + Sync + 'static;
    /// Why nothing was claimed or settled; it is tried again.
    type Error: Error + Send + Sync + 'static;

    /// How long others keep off a row whose worker says nothing. A killed worker's row is free before.
    fn lease(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// How often to look unless something wakes it.
    fn poll(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// How many may be worked on at once, now.
    fn at_once(&self) -> usize {
        1
    }

    /// Whether the next may begin while what became of one is written down: of no more than as many again.
    fn settles_apart(&self) -> bool {
        false
    }

    /// Claims at most `limit` rows that are due; the fresh `lease` may be written into all of them.
    fn claim(
        &self,
        lease: Lease,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Self::Item>, Self::Error>> + Send;

    /// Works on it. When `stop` is cancelled the process ends: what cannot be finished at once is left.
    fn run(&self, item: &Self::Item, stop: &CancellationToken) -> impl Future<Output = Self::Outcome> + Send;

    /// Writes down what became of it, and lets go of the row. After an error it is tried again until the lease is over.
    fn settle(
        &self,
        item: &Self::Item,
        outcome: &Self::Outcome,
    ) -> impl Future<Output = Result<Settled, Self::Error>> + Send;

    /// The span of working on an item and settling it.
    fn span(&self, _item: &Self::Item) -> Span {
        Span::none()
    }

    /// What was claimed ahead of its turn and is not to be begun any more; when the process ends, all of it. It is run with a
    /// `stop` that is cancelled.
    fn give_back(&self, _at_the_end: bool) -> Vec<Self::Item> {
        Vec::new()
    }
}

/// What settling came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is over, or waits for something else.
    Done,
    /// It is to be tried again later.
    Again,
    /// It is never tried again.
    GivenUp,
    /// The row is somebody else's by now.
    LeaseLost,
}

impl Settled {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "again",
            Self::GivenUp => "given_up",
            Self::LeaseLost => "lease_lost",
        }
    }
}

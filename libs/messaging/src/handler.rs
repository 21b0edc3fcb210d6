//! What a consuming service writes: the work that follows from one type of event.

use std::sync::Arc;

use async_trait::async_trait;
use muster_database::DatabaseError;
use sqlx::PgConnection;

use crate::{Event, Received};

/// The work that follows from one type of event.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The type of event, as its message.
    type Event: Event;
    /// What [`Handler::prepare`] read and found out.
    type Prepared: Send + 'static;
    /// How many events one transaction may take: of those that wait, never waiting for more. When it fails, each is applied
    /// in a transaction of its own, so that one that cannot be handled keeps no other. More than one is for work that takes
    /// a statement or two; its `prepare` asks nobody. What is changed together does not say which event led to it, so where a
    /// history is kept it is one.
    const BATCH_SIZE: usize = 1;

    /// Reads the event, and asks others before the transaction is opened (a call to another service must not hold a
    /// connection). Runs at every attempt, also for an event that turns out to have been applied already: it must
    /// change nothing.
    async fn prepare(&self, event: &Received, message: Self::Event) -> Result<Self::Prepared, HandlingError>;

    /// Does the work in the transaction that also records the event. Runs once in effect; events of one aggregate come
    /// in order, except for a redelivered or retried one, which may come after a later one: a projection applies only
    /// a newer [`Received::sequence`], an effect looks at the owner's state again.
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        prepared: Self::Prepared,
    ) -> Result<(), HandlingError>;

    /// As [`Handler::apply`], of several events in the transaction that records all of them: of different aggregates, in the
    /// order of their ids. The current span is that of one of them.
    async fn apply_all(
        &self,
        tx: &mut PgConnection,
        events: Vec<(Arc<Received>, Self::Prepared)>,
    ) -> Result<(), HandlingError> {
        for (event, prepared) in events {
            self.apply(tx, &event, prepared).await?;
        }
        Ok(())
    }
}

/// Why an event could not be handled. The text is for the log: no payload, no personal data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlingError {
    /// No number of attempts will help: parked at once.
    #[error("cannot be handled: {0}")]
    Permanent(String),
    /// Something else is away: tried again, with back-off, for as long as it takes.
    #[error("cannot be handled now: {0}")]
    Transient(String),
    /// Nobody foresaw this: tried again a few times in case it was a race, then parked.
    #[error("failed unexpectedly: {0}")]
    Unexpected(String),
}

impl From<DatabaseError> for HandlingError {
    fn from(error: DatabaseError) -> Self {
        let text = chain(&error);
        if error.is_transient() {
            Self::Transient(text)
        } else {
            Self::Unexpected(text)
        }
    }
}

impl From<sqlx::Error> for HandlingError {
    fn from(error: sqlx::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

/// The error and its sources in one line, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

//! What may be done: one verb a file. Each owns its transaction, in which the fact and the answer to a repeated request
//! commit together; [`assign`] works in the consumer's.

mod assign;
mod create_training;
mod grant;
mod know_learner;
mod read_record;
mod report_progress;
mod revoke;

use futures::future::BoxFuture;
use muster_clock::Clock;
use muster_database::idempotency::Answer;
use muster_database::{Database, DatabaseError};
use sqlx::PgConnection;

pub(crate) use assign::{AssignError, Verified, assign};
pub(crate) use create_training::create_training;
pub(crate) use grant::grant;
pub(crate) use know_learner::know_learner;
pub(crate) use read_record::{Reader, Record, read_record};
pub(crate) use report_progress::report_progress;
pub(crate) use revoke::revoke;

use crate::error::Error;
use crate::peers::Peers;

/// What the verbs work with.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) peers: Peers,
}

impl Desk {
    /// Looks something up on one connection.
    pub(crate) async fn read<T, F>(&self, look: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, DatabaseError>> + Send + 'static,
        T: Send + 'static,
    {
        Ok(self.database.read_boxed(look).await?)
    }
}

//! What may be done: one verb a file. Each owns its transaction, in which the fact, the event that tells of it and the
//! answer to a repeated request commit together.

mod activate_subscription;
mod add_training;
mod approve_organization;
mod create_group;
mod create_location;
mod create_organization;
mod submit_organization;

use futures::future::BoxFuture;
use muster_clock::Clock;
use muster_database::idempotency::Answer;
use muster_database::{Database, DatabaseError};
use muster_ids::OrganizationId;
use sqlx::PgConnection;

pub(crate) use activate_subscription::{NewSubscription, activate_subscription};
pub(crate) use add_training::add_training;
pub(crate) use approve_organization::approve_organization;
pub(crate) use create_group::{NewGroup, create_group};
pub(crate) use create_location::create_location;
pub(crate) use create_organization::{NewOrganization, create_organization};
pub(crate) use submit_organization::submit_organization;

use crate::domain::Organization;
use crate::error::Error;
use crate::shared_catalog::SharedCatalog;
use crate::store::organizations;

/// What the verbs work with.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) shared_catalog: SharedCatalog,
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

/// Holds the profile in a state in which what belongs to it may change. Those who add to one profile take turns.
async fn hold_open(tx: &mut PgConnection, id: OrganizationId) -> Result<(), Error> {
    let Organization { state, .. } = organizations::lock(tx, id).await?.ok_or(Error::NotFound)?;
    if state.takes_changes() {
        Ok(())
    } else {
        Err(Error::OrganizationState(state))
    }
}

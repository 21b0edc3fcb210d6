//! gRPC: each method parses, looks up and maps. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod convert;
mod employments;
mod internal;
mod parse;
mod person_employments;

use futures::future::BoxFuture;
use muster_database::{Database, DatabaseError};
use muster_server::page::PageKey;
use sqlx::PgConnection;

use crate::error::Error;

/// Answers every gRPC service of this process.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) database: Database,
    pub(crate) page_key: PageKey,
}

impl Rpc {
    /// Looks something up on one connection.
    async fn read<T, F>(&self, look: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, DatabaseError>> + Send + 'static,
        T: Send + 'static,
    {
        Ok(self.database.read_boxed(look).await?)
    }
}

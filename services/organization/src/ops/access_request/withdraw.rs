//! Somebody takes their own request back.

use muster_ids::{AccessRequestName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::store;
use crate::context::Context;
use crate::domain::AccessRequest;
use crate::error::Error;
use crate::store::access_request;

/// Withdraws a request that waits. Somebody else's is there no more than one that does not exist.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: AccessRequestName,
    by: PersonId,
) -> Result<AccessRequest, Error> {
    let request = access_request::lock(tx, name).await?;
    let own = request.filter(|request| request.asker.person == by);
    let own = own.ok_or(Failure::NotFound)?;
    let (withdrawn, _) = store(tx, own.withdraw(context.clock.now())).await?;
    Ok(withdrawn)
}

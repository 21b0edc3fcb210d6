//! The owner does not let somebody in who asked.

use muster_ids::{AccessRequestName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::store;
use crate::context::Context;
use crate::domain::AccessRequest;
use crate::error::Error;
use crate::ops::lock_owned;
use crate::store::access_request;

/// Denies a request that waits. What the person is already stays as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: AccessRequestName,
    by: PersonId,
) -> Result<AccessRequest, Error> {
    lock_owned(tx, name.organization, by).await?;
    let request = access_request::lock(tx, name).await?;
    let request = request.ok_or(Failure::NotFound)?;
    let (denied, _) = store(tx, request.deny(by, context.clock.now())).await?;
    Ok(denied)
}

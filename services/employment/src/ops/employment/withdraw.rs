//! A person takes their own claim back.

use sqlx::PgConnection;

use super::change::settle;
use super::own_employment::{self, OwnEmployment};
use super::owner;
use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;

/// Asks whether the person owns the organization.
///
/// # Errors
/// [`Error::OwnerMustTransfer`], [`muster_server::Failure::NotFound`]; of a peer.
pub(crate) async fn prepare(context: &Context, own: &OwnEmployment) -> Result<(), Error> {
    owner::spare(context, own.employment, Some(own.person)).await?;
    Ok(())
}

/// Withdraws it, and publishes that; one that is withdrawn already is answered as it is.
///
/// # Errors
/// [`muster_server::Failure::NotFound`], [`Error::State`], [`Error::WasVerified`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    own: OwnEmployment,
) -> Result<Employment, Error> {
    let withdrawn = own_employment::lock(tx, &own).await?.withdraw();
    settle(tx, context, withdrawn, own.actor, context.clock.now()).await
}
